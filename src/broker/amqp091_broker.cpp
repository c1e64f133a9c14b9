#include <fcntl.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "broker/amqp091.hpp"
#include "broker/amqp091_connection.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr unsigned window = 100;
constexpr auto farewell = 2s;
/// A queue that we may not read is not asked for again for so long: asking costs the connection.
constexpr auto denied_for = 60s;

/// Wakes a thread that polls.
class Bell {
public:
    Bell() : number_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    ~Bell() { ::close(number_); }
    Bell(const Bell&) = delete;
    Bell& operator=(const Bell&) = delete;
    void ring() { (void)::eventfd_write(number_, 1); }
    void silence() {
        eventfd_t count = 0;
        (void)::eventfd_read(number_, &count);
    }
    int number() const { return number_; }

private:
    int number_;
};

/// The adapter: one thread of its own connects, writes and reads.
class Amqp091Broker : public Broker {
public:
    Amqp091Broker(Amqp091Target target, BrokerEvents events)
        : target_(std::move(target)), events_(std::move(events)), thread_([this] { run(); }) {}

    ~Amqp091Broker() override {
        stop_ = true;
        bell_.ring();
        std::unique_lock lock(mutex_);
        // Who is stuck in writing to a broker that does not read is let go.
        if (!changed_.wait_for(lock, farewell, [this] { return is_over_; }) && socket_ >= 0)
            ::shutdown(socket_, SHUT_RDWR);
        lock.unlock();
        thread_.join();
    }

    void connect(bool is_fresh) override {
        post([this, is_fresh] { attempt(is_fresh); });
    }
    void keep_session(bool is_kept) override {
        is_session_kept_ = is_kept;
        post([this] {
            if (connection_ && may_keep())
                connection_->consumer().keep_all();
        });
    }
    void publish(Publication publication, std::function<void(Settlement)> settled) override {
        post([this, publication = std::move(publication), settled = std::move(settled)]() mutable {
            if (connection_)
                connection_->publisher().publish(std::move(publication), std::move(settled));
            else
                settled({Settlement::Outcome::released, "there is no connection"});
        });
    }
    void subscribe(std::string filter, SubscriptionWish wish, std::function<void(Granted)> answered) override {
        post([this, filter = std::move(filter), wish = std::move(wish), answered = std::move(answered)] {
            ask(filter, wish, answered);
        });
    }
    void unsubscribe(std::string filter) override {
        post([this, filter = std::move(filter)] {
            if (connection_)
                connection_->consumer().unsubscribe(filter);
        });
    }
    void announce(const std::string&) override {}

private:
    struct Denied {
        Clock::time_point until;
        std::string why;
    };

    void post(std::function<void()> task) {
        {
            const std::lock_guard lock(mutex_);
            tasks_.push_back(std::move(task));
            if (tasks_.size() > 1)
                return;
        }
        bell_.ring();
    }

    void run() {
        while (!stop_) {
            wait();
            run_tasks();
            if (connection_ && !stop_)
                connection_->read();
            if (connection_ && connection_->is_dead())
                go_down();
        }
        end();
    }

    void wait() {
        if (connection_ && connection_->has_more())
            return;
        std::array<pollfd, 2> ready{
            {{bell_.number(), POLLIN, 0}, {connection_ ? connection_->socket() : -1, POLLIN, 0}}};
        // Heartbeats are due now and then.
        constexpr int second = 1000;
        ::poll(ready.data(), ready.size(), second);
        bell_.silence();
    }

    void run_tasks() {
        {
            const std::lock_guard lock(mutex_);
            batch_.swap(tasks_);
        }
        for (auto& task : batch_) {
            try {
                task();
            } catch (const std::exception& error) {
                spdlog::error("a broker callback threw: {}", error.what());
            }
        }
        batch_.clear();
    }

    void attempt(bool is_fresh) {
        if (connection_ || stop_)
            return;
        auto opened = open_amqp091(target_);
        if (!opened.rabbit)
            return events_.on_down({std::move(opened.reason), false, opened.is_login_refused});
        is_fresh_ = is_fresh;
        is_up_ = false;
        Amqp091Connection::Events events;
        events.on_up = [this] { come_up(); };
        events.on_blocked = [](bool) {};
        events.deliveries.on_delivery = [this](Delivery delivery) { events_.on_delivery(std::move(delivery)); };
        events.deliveries.on_acknowledged = [this](std::size_t count) { events_.on_acknowledged(count); };
        events.deliveries.on_denied = [this](const std::string& filter, const std::string& why) {
            denied_[filter] = {Clock::now() + denied_for, why};
        };
        connection_ = std::make_unique<Amqp091Connection>(std::move(opened.rabbit), target_, std::move(events));
        const std::lock_guard lock(mutex_);
        socket_ = connection_->socket();
    }

    void come_up() {
        is_up_ = true;
        BrokerFacts facts;
        facts.protocol = "AMQP 0-9-1";
        facts.endpoint = to_string(target_.url);
        facts.window = window;
        facts.retain_available = false;
        facts.may_be_held_back = true;
        facts.has_session = may_keep() && !is_fresh_;
        events_.on_up(std::move(facts));
    }

    void go_down() {
        forget_socket();
        const auto connection = std::exchange(connection_, nullptr);
        const auto reason = to_string(target_.url) + ": " + connection->why_dead();
        connection->consumer().give_up(reason);
        events_.on_down({reason, is_up_ && connection->is_ended_by_broker(), false});
        connection->publisher().release(reason);
    }

    void forget_socket() {
        const std::lock_guard lock(mutex_);
        socket_ = -1;
    }

    void ask(const std::string& filter, const SubscriptionWish& wish, const std::function<void(Granted)>& answered) {
        if (!connection_)
            return answered({false, 0, "there is no connection"});
        const auto denied = denied_.find(filter);
        if (denied != denied_.end() && Clock::now() < denied->second.until)
            return answered({false, 0, denied->second.why});
        connection_->consumer().subscribe(filter, {wish.qos, may_keep(), wish.queue}, is_fresh_, answered);
    }

    bool may_keep() const { return is_session_kept_ && target_.config.session_expiry > 0s; }

    void end() {
        run_tasks();
        if (connection_) {
            connection_->close();
            forget_socket();
            connection_->consumer().give_up("closed");
            connection_->publisher().release("closed");
            connection_.reset();
        }
        const std::lock_guard lock(mutex_);
        is_over_ = true;
        changed_.notify_all();
    }

    const Amqp091Target target_;
    const BrokerEvents events_;
    // The thread's own.
    std::unique_ptr<Amqp091Connection> connection_;  // null: down
    bool is_fresh_ = true, is_up_ = false;
    std::map<std::string, Denied> denied_;
    std::vector<std::function<void()>> batch_;

    Bell bell_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::function<void()>> tasks_;  // guarded by mutex_, and what follows
    int socket_ = -1;
    bool is_over_ = false;
    std::atomic<bool> stop_{false}, is_session_kept_{false};
    std::thread thread_;  // last: it uses all of them
};

}  // namespace

Result<std::unique_ptr<Broker>> make_amqp091_broker(const BrokerConfig& config, const BrokerIdentity& identity,
                                                    BrokerEvents events) {
    auto url = parse_broker_url(config.url);
    if (!url)
        return Error{"brokers/" + config.name + "/url: " + url.error().text};
    return std::unique_ptr<Broker>(
        std::make_unique<Amqp091Broker>(Amqp091Target{std::move(*url), config, identity.origin}, std::move(events)));
}

}  // namespace mucbridge
