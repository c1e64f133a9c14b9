#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <utility>

#include "broker/amqp091.hpp"
#include "broker/amqp091_connection.hpp"
#include "broker/socket_thread.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr unsigned window = 100;
/// A queue that we may not read is not asked for again for so long: asking costs the connection. A stream may have
/// nobody to serve it for a moment, and is asked for sooner at first.
constexpr std::chrono::seconds denied_for = 60s, stream_denied_for = 1s, denied_at_most = 3600s;

/// The adapter: one thread of its own connects, writes and reads.
class Amqp091Broker : public Broker {
public:
    Amqp091Broker(Amqp091Target target, BrokerEvents events)
        : target_(std::move(target)),
          events_(std::move(events)),
          thread_({[this] { return wish(); }, [this] { turn(); }, [this] { end(); }}) {}
    ~Amqp091Broker() override { thread_.stop(); }

    void connect(bool is_fresh) override {
        thread_.post([this, is_fresh] { attempt(is_fresh); });
    }
    void keep_session(bool is_kept) override {
        is_session_kept_ = is_kept;
        thread_.post([this] {
            if (connection_ && may_keep())
                connection_->consumer().keep_all();
        });
    }
    void publish(Publication publication, std::function<void(Settlement)> settled) override {
        thread_.post([this, publication = std::move(publication), settled = std::move(settled)]() mutable {
            if (connection_)
                connection_->publisher().publish(std::move(publication), std::move(settled));
            else
                settled({Settlement::Outcome::released, "there is no connection"});
        });
    }
    void subscribe(std::string filter, SubscriptionWish wish, std::function<void(Granted)> answered) override {
        thread_.post([this, filter = std::move(filter), wish = std::move(wish), answered = std::move(answered)] {
            ask(filter, wish, answered);
        });
    }
    void unsubscribe(std::string filter) override {
        thread_.post([this, filter = std::move(filter)] {
            if (connection_)
                connection_->consumer().unsubscribe(filter);
        });
    }
    void announce(const std::string&) override {}

private:
    struct Denied {
        Clock::time_point until{};
        std::chrono::seconds lasts{};
        std::string why;
    };

    SocketThread::Wish wish() const {
        if (!connection_)
            return {};
        // Heartbeats are due now and then.
        return {connection_->socket(), false, connection_->has_more() ? 0ms : 1000ms};
    }

    void turn() {
        if (connection_)
            connection_->read();
        if (connection_ && connection_->is_dead())
            go_down();
    }

    void attempt(bool is_fresh) {
        if (connection_ || thread_.is_stopping())
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
        events.deliveries.on_denied = [this](const std::string& filter, bool is_of_stream, const std::string& why) {
            auto& denied = denied_[filter];
            denied.lasts = std::clamp(2 * denied.lasts, is_of_stream ? stream_denied_for : denied_for, denied_at_most);
            denied.until = Clock::now() + denied.lasts;
            denied.why = why;
        };
        events.deliveries.on_reading = [this](const std::string& filter) { denied_.erase(filter); };
        connection_ = std::make_unique<Amqp091Connection>(std::move(opened.rabbit), target_, std::move(events));
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
        thread_.forget_socket();
        const auto connection = std::exchange(connection_, nullptr);
        const auto reason = to_string(target_.url) + ": " + connection->why_dead();
        connection->consumer().give_up(reason);
        events_.on_down({reason, is_up_ && connection->is_ended_by_broker(), false});
        connection->publisher().release(reason);
    }

    void ask(const std::string& filter, const SubscriptionWish& wish, const std::function<void(Granted)>& answered) {
        if (!connection_)
            return answered({false, 0, "there is no connection"});
        const Amqp091Wish asked{wish.qos, may_keep(), wish.queue, wish.after, wish.since};
        const auto denied = denied_.find(filter);
        if (denied != denied_.end() && Clock::now() < denied->second.until)
            connection_->consumer().subscribe_later(filter, asked, answered, denied->second.until, denied->second.why);
        else
            connection_->consumer().subscribe(filter, asked, is_fresh_, answered);
    }

    bool may_keep() const { return is_session_kept_ && target_.config.session_expiry > 0s; }

    void end() {
        if (!connection_)
            return;
        connection_->close();
        thread_.forget_socket();
        connection_->consumer().give_up("closed");
        connection_->publisher().release("closed");
        connection_.reset();
    }

    const Amqp091Target target_;
    const BrokerEvents events_;
    std::atomic<bool> is_session_kept_{false};
    // The thread's own.
    std::unique_ptr<Amqp091Connection> connection_;  // null: down
    bool is_fresh_ = true, is_up_ = false;
    std::map<std::string, Denied> denied_;

    SocketThread thread_;  // last: it uses all of them
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
