#include "broker/amqp091_queue.hpp"

#include <algorithm>
#include <chrono>
#include <functional>

#include "core/unique.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_name = 255;
constexpr std::int64_t longest_expiry = 4294967295;  // ms: what RabbitMQ takes
constexpr std::chrono::seconds shortest_age = 60s;   // of a stream
/// What is too old goes a segment at a time, and none that is still written to: of RabbitMQ's 500 MB few would.
constexpr std::int64_t stream_segment_bytes = 16 * 1024 * 1024;

std::int64_t in_milliseconds(std::chrono::seconds span) {
    return std::min<std::int64_t>(std::chrono::milliseconds(span).count(), longest_expiry);
}

/// A name that is too long ends in what tells it from others.
std::string fit(std::string name) {
    if (name.size() <= longest_name)
        return name;
    const auto hash = std::to_string(std::hash<std::string>()(name));
    return std::string(cut_utf8(name, longest_name - hash.size() - 1)) + "~" + hash;
}

/// RabbitMQ keeps a stream for ever, unless it is told for how long.
void shape_stream(const BrokerConfig& config, const Amqp091Wish& wish, RabbitTable& arguments) {
    const auto wanted = wish.queue.message_ttl > 0s ? wish.queue.message_ttl : config.session_expiry;
    arguments.add("x-queue-type", std::string_view("stream"));
    arguments.add_kept("x-max-age", std::to_string(std::max(wanted, shortest_age).count()) + "s");
    arguments.add("x-stream-max-segment-size-bytes", stream_segment_bytes);
}

/// The arguments point into the wish.
void shape_queue(const BrokerConfig& config, const Amqp091Wish& wish, RabbitTable& arguments) {
    const auto& queue = wish.queue;
    const auto expiry = queue.expires > 0s ? queue.expires : wish.is_kept ? config.session_expiry : 0s;
    if (expiry > 0s)
        arguments.add("x-expires", in_milliseconds(expiry));
    if (queue.message_ttl > 0s)
        arguments.add("x-message-ttl", in_milliseconds(queue.message_ttl));
    if (queue.max_length > 0)
        arguments.add("x-max-length", static_cast<std::int64_t>(queue.max_length));
    if (!queue.dead_letter_exchange.empty())
        arguments.add("x-dead-letter-exchange", std::string_view(queue.dead_letter_exchange));
    if (wish.is_kept && !queue.type.empty())
        arguments.add("x-queue-type", std::string_view(queue.type));
}

}  // namespace

std::string make_queue_name(const BrokerConfig& config, const std::string& origin, const std::string& filter,
                            const Amqp091Wish& wish) {
    if (wish.is_of_stream())
        return fit("mucbridge.stream." + config.exchange + "." + filter);
    return fit("mucbridge." + origin + "." + filter + (wish.is_kept ? "" : "~" + make_random_hex(4)));
}

void declare_queue(Amqp091Wire& wire, amqp_channel_t channel, const BrokerConfig& config, const std::string& name,
                   const Amqp091Wish& wish) {
    RabbitTable arguments;
    if (wish.is_of_stream())
        shape_stream(config, wish, arguments);
    else
        shape_queue(config, wish, arguments);
    const bool outlives_us = wish.is_kept || wish.is_of_stream();
    amqp_queue_declare_t declare{};
    declare.queue = to_bytes(name);
    declare.durable = outlives_us;
    declare.exclusive = declare.auto_delete = !outlives_us;
    declare.arguments = arguments.table();
    wire.send(channel, AMQP_QUEUE_DECLARE_METHOD, declare);
}

}  // namespace mucbridge
