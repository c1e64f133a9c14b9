#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/broker.hpp"
#include "core/backoff.hpp"
#include "core/config.hpp"
#include "gateway/loop.hpp"
#include "gateway/subscriptions.hpp"
#include "gateway/window.hpp"

namespace mucbridge {

/// What a link tells the rooms, on its own loop. A room is named by its bare JID.
struct LinkEvents {
    std::function<void(const BrokerFacts&)> on_up;
    std::function<void(const std::string& reason)> on_away;
    std::function<void(const std::string& room, const std::string& filter, const Granted&)> on_granted;
    std::function<void(const std::string& room, const std::string& id)> on_waiting;
    std::function<void(const std::string& room, const std::string& id)> on_full;
    std::function<void(const std::string& room, const std::string& id, const Settlement&)> on_settled;
    std::function<void(const std::vector<std::string>& rooms, std::shared_ptr<const Delivery>)> on_delivery;
};

/// How it stands with a link, for `status`.
struct LinkStatus {
    std::string state;   // "up", "connecting", "down"
    BrokerFacts facts;   // of the latest connection
    std::string reason;  // of being away
    std::size_t in_flight = 0, waiting = 0;
};

/// All that is common to every broker's connection: it connects, and again after each loss (exponential backoff, full
/// jitter), subscribes again before it drains, and keeps lines in order, in a window, until they are settled and home.
/// Lives on one loop; only the broker's callbacks come from elsewhere.
class Link {
public:
    using Open = std::function<Result<std::unique_ptr<Broker>>(const BrokerConfig&, BrokerEvents)>;

    static Result<std::unique_ptr<Link>> make(Loop& loop, const BrokerConfig& config, LinkEvents events,
                                              const Open& open);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    void connect();
    /// Ends in on_settled; or in on_full at once. on_waiting where the broker is away.
    void publish(Window::Entry entry);
    /// The line is back, or no longer awaited.
    void home(const std::string& id);
    /// Answered by on_granted, now or when the broker is there again.
    void subscribe(const std::string& room, const std::string& filter, int qos);
    void unsubscribe(const std::string& room, const std::string& filter);

    LinkStatus status() const;
    const std::string& name() const { return config_.name; }
    /// Says goodbye and ends the connection. From any thread, once the loop no longer runs.
    void close();

private:
    Link(Loop& loop, const BrokerConfig& config, LinkEvents events);

    BrokerEvents make_broker_events();
    void on_up(const BrokerFacts& facts);
    void on_down(const BrokerDown& down);
    void ask(const std::string& filter, int qos);
    void on_answer(const std::string& filter, const Granted& granted, std::uint64_t connection);
    void on_settled(const std::string& id, const Settlement& settlement, std::uint64_t connection);
    void connect_later();
    void pump();

    Loop& loop_;
    BrokerConfig config_;
    LinkEvents events_;
    std::unique_ptr<Broker> broker_;
    Window window_;
    Subscriptions subscriptions_;
    BrokerFacts facts_;
    std::string state_ = "connecting", reason_;
    std::uint64_t connection_ = 0;    // counts connections, so that answers of an earlier one are known
    std::size_t answers_wanted_ = 0;  // subscriptions asked again after a reconnect: lines wait for them
    bool has_failed_ = false;         // since it was up
    Backoff backoff_;
};

}  // namespace mucbridge
