#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/amqp091_channel.hpp"
#include "core/config.hpp"
#include "core/time.hpp"

namespace mucbridge {

/// How a filter is to be read.
struct Amqp091Wish {
    int qos = 0;
    bool is_kept = false;  // its queue outlives the connection
    QueueConfig queue;
    std::optional<std::uint64_t> after = {};  // as in SubscriptionWish
    std::optional<WallTime> since = {};       // likewise

    bool is_of_stream() const { return queue.type == "stream"; }
};

/// What a filter's queue, or stream, is called. Gateways never compete for a queue: each has its own; a stream is the
/// same for all, so that they read the same lines in the same order. Each connection has other queues that do not
/// outlive it: one that hangs may hold on to its own for a while.
std::string make_queue_name(const BrokerConfig& config, const std::string& origin, const std::string& filter,
                            const Amqp091Wish& wish);

/// Asks for queue.declare.
void declare_queue(Amqp091Wire& wire, amqp_channel_t channel, const BrokerConfig& config, const std::string& name,
                   const Amqp091Wish& wish);

}  // namespace mucbridge
