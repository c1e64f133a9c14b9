#pragma once

#include <doctest/doctest.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "broker/broker.hpp"

/// A Broker under test, and what it told.
class Adapter {
public:
    explicit Adapter(const std::string& url, const std::function<void(mucbridge::BrokerConfig&)>& configure = nullptr,
                     const std::string& origin = "ground", std::function<void(mucbridge::Delivery)> heard = nullptr,
                     const std::string& state = {});
    /// "up", or why not.
    std::string connect(bool is_fresh = true);
    /// "granted N" or "refused: WHY".
    std::string subscribe(const std::string& filter, int qos = 2);
    /// "accepted", "rejected: WHY", "released: WHY".
    std::string publish(const std::string& topic, const std::string& payload, int qos = 1, bool retain = false);
    /// Publishes this many lines, never more unsettled than the broker's window; how many were accepted.
    int publish_many(const std::string& topic, int lines, int qos = 1);

    mucbridge::Broker& broker() { return *broker_; }
    mucbridge::BrokerFacts facts();
    std::vector<mucbridge::BrokerDown> downs();
    std::vector<mucbridge::Delivery> deliveries();
    /// The payload that is retained there; empty: none within a second.
    static std::string read_retained(const std::string& url, const std::string& topic);

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int ups_ = 0;
    mucbridge::BrokerFacts facts_;
    std::vector<mucbridge::BrokerDown> downs_;
    std::vector<mucbridge::Delivery> deliveries_;
    std::unique_ptr<mucbridge::Broker> broker_;
};

/// Text that can be compared with doctest::Contains.
inline doctest::String shown(const std::string& text) { return text.c_str(); }

std::string to_text(const mucbridge::Settlement& settlement);
