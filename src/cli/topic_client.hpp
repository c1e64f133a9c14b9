#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "broker/broker.hpp"
#include "core/time.hpp"

namespace mucbridge {

/// A visit to a broker, for a line or two: what comes on the broker's threads is waited for on this one.
class TopicClient {
public:
    /// Connects; errors say why the broker is not to be had.
    static Result<std::unique_ptr<TopicClient>> connect(const BrokerConfig& config, Tick deadline);
    ~TopicClient();
    TopicClient(const TopicClient&) = delete;
    TopicClient& operator=(const TopicClient&) = delete;

    /// Errors: refused, or no answer in time.
    Result<void> subscribe(const std::string& filter, int qos, Tick deadline);
    /// Publishes; waits for a place in the broker's window. What became of it comes from settle().
    bool publish(Publication publication, Tick deadline);
    /// Waits until everything is settled. None: something is not, in time. Else accepted, or the first that was not.
    std::optional<Settlement> settle(Tick deadline);
    /// The next delivery; none: the deadline has come, or the connection is gone (why_down() says so).
    std::optional<Delivery> next(Tick deadline);
    std::string why_down();

private:
    TopicClient() = default;
    BrokerEvents make_events();
    void on_settled(Settlement settlement);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<BrokerFacts> facts_;
    std::optional<BrokerDown> down_;
    std::optional<Granted> granted_;
    std::optional<Settlement> refusal_;  // the first
    unsigned unsettled_ = 0;
    bool is_closing_ = false;
    std::deque<Delivery> deliveries_;
    std::unique_ptr<Broker> broker_;
};

}  // namespace mucbridge
