#include <unistd.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <map>
#include <utility>

#include "broker/amqp10.hpp"
#include "broker/amqp10_connection.hpp"
#include "broker/probe.hpp"
#include "broker/socket_thread.hpp"
#include "broker/tls_probe.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono_literals;

constexpr unsigned publications_at_once = 100;
constexpr auto connecting_limit = 5s;
constexpr auto asking_limit = 1s;

/// The adapter: one thread of its own connects, writes and reads.
class Amqp10Broker : public Broker {
public:
    Amqp10Broker(Amqp10Target target, BrokerEvents events)
        : target_(std::move(target)),
          events_(std::move(events)),
          thread_({[this] { return connection_ ? connection_->wish() : SocketThread::Wish{}; }, [this] { turn(); },
                   [this] { end(); }}) {}
    ~Amqp10Broker() override { thread_.stop(); }

    void connect(bool is_fresh) override {
        thread_.post([this, is_fresh] { attempt(is_fresh); });
    }
    void keep_session(bool is_kept) override {
        is_session_kept_ = is_kept;
        thread_.post([this] {
            if (connection_ && may_keep())
                connection_->receivers().keep_all();
        });
    }
    void publish(Publication publication, std::function<void(Settlement)> settled) override {
        thread_.post([this, publication = std::move(publication), settled = std::move(settled)]() mutable {
            if (connection_)
                connection_->senders().publish(std::move(publication), std::move(settled));
            else
                settled({Settlement::Outcome::released, "there is no connection"});
        });
    }
    void subscribe(std::string filter, SubscriptionWish wish, std::function<void(Granted)> answered) override {
        thread_.post([this, filter = std::move(filter), qos = wish.qos, answered = std::move(answered)] {
            if (connection_)
                connection_->receivers().subscribe(filter, {qos, may_keep()}, is_fresh_, answered);
            else
                answered({false, 0, "there is no connection"});
        });
    }
    void unsubscribe(std::string filter) override {
        thread_.post([this, filter = std::move(filter)] {
            if (connection_)
                connection_->receivers().unsubscribe(filter);
        });
    }
    void announce(const std::string&) override {}

private:
    bool may_keep() const { return is_session_kept_ && target_.config.session_expiry > 0s; }

    void turn() {
        if (!connection_)
            return;
        connection_->turn();
        if (connection_->is_dead())
            go_down();
    }

    void attempt(bool is_fresh) {
        if (connection_ || thread_.is_stopping())
            return;
        const auto& url = target_.url;
        const int socket = open_connection(url.host, url.port, connecting_limit);
        if (socket < 0) {
            const auto why = why_unreachable(url.host, url.port, asking_limit);
            return events_.on_down({to_string(url) + ": " + (why.empty() ? "no connection" : why)});
        }
        is_fresh_ = is_fresh;
        is_up_ = false;
        try {
            connection_ = std::make_unique<Amqp10Connection>(
                socket, target_,
                Amqp10Connection::Events{[this] { come_up(); },
                                         [this](Delivery delivery) { events_.on_delivery(std::move(delivery)); }});
        } catch (const std::exception& error) {
            ::close(socket);
            events_.on_down({to_string(url) + ": " + error.what()});
        }
    }

    void come_up() {
        is_up_ = true;
        BrokerFacts facts;
        facts.protocol = "AMQP 1.0";
        facts.endpoint = to_string(target_.url);
        facts.window = publications_at_once;
        facts.retain_available = false;
        facts.may_be_held_back = true;
        facts.has_session = !is_fresh_ && (target_.profile.has_own_subscriptions() ||
                                           (may_keep() && target_.profile.has_durable_sources()));
        events_.on_up(std::move(facts));
    }

    void go_down() {
        thread_.forget_socket();
        const auto connection = std::exchange(connection_, nullptr);
        auto why = connection->why_dead();
        if (!is_up_ && target_.url.tls && !connection->is_login_refused())
            if (const auto tls = why_no_tls(target_.url, target_.config, asking_limit); !tls.empty())
                why = "TLS: " + tls;
        const auto reason = to_string(target_.url) + ": " + why;
        connection->receivers().give_up(reason);
        events_.on_down({reason, is_up_ && connection->is_ended_by_broker(), connection->is_login_refused()});
        connection->senders().release(reason);
    }

    void end() {
        if (!connection_)
            return;
        connection_->close();
        thread_.forget_socket();
        connection_->receivers().give_up("closed");
        connection_->senders().release("closed");
        connection_.reset();
    }

    const Amqp10Target target_;
    const BrokerEvents events_;
    std::atomic<bool> is_session_kept_{false};
    // The thread's own.
    std::unique_ptr<Amqp10Connection> connection_;  // null: down
    bool is_fresh_ = true, is_up_ = false;

    SocketThread thread_;  // last: it uses all of them
};

}  // namespace

Result<std::unique_ptr<Broker>> make_amqp10_broker(const BrokerConfig& config, const BrokerIdentity& identity,
                                                   BrokerEvents events) {
    auto url = parse_broker_url(config.url);
    if (!url)
        return Error{"brokers/" + config.name + "/url: " + url.error().text};
    auto profile = Amqp10Profile::make(config, identity.origin);
    if (!profile)
        return profile.error();
    // Proton takes the open frame's hostname for the name in the certificate.
    if (url->tls && config.verify && profile->to_hostname(url->host, url->vhost) != url->host)
        return Error{"brokers/" + config.name + "/url: want no VHOST with amqps:// and AMQP 1.0, or verify false"};
    return std::unique_ptr<Broker>(std::make_unique<Amqp10Broker>(
        Amqp10Target{std::move(*url), config, identity.origin, *profile}, std::move(events)));
}

}  // namespace mucbridge
