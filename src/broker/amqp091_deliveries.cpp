#include <spdlog/spdlog.h>

#include <charconv>
#include <utility>

#include "broker/amqp091_consumer.hpp"
#include "broker/amqp091_wire.hpp"
#include "core/utf8.hpp"

// What comes out of the queues: taken, handed on, acknowledged.
namespace mucbridge {
namespace {

constexpr std::uint64_t largest_body = 6 * 1024 * 1024;
constexpr std::size_t most_owed = 32;

}  // namespace

void Amqp091Consumer::on_deliver(const amqp_basic_deliver_t& deliver) {
    std::uint64_t number = 0;
    const auto tag = to_view(deliver.consumer_tag);
    std::from_chars(tag.data(), tag.data() + tag.size(), number);
    const auto* subscription = find(number);
    arriving_ = Arriving{};
    arriving_->tag = deliver.delivery_tag;
    arriving_->subscription = number;
    arriving_->is_acknowledged = subscription && !subscription->is_acknowledged();
    Delivery& delivery = arriving_->delivery;
    delivery.address = to_view(deliver.routing_key);
    delivery.duplicate = deliver.redelivered;
    delivery.qos = subscription ? subscription->wish.qos : 1;
    if (subscription)
        delivery.filter = subscription->filter;
}

void Amqp091Consumer::on_header(const amqp_basic_properties_t& properties, std::uint64_t size) {
    if (!arriving_ || arriving_->has_header)
        return wire_.die("a content header came without a delivery");
    arriving_->has_header = true;
    arriving_->wanted = size;
    arriving_->is_too_large = size > largest_body;
    read_properties(properties, arriving_->delivery);
    if (const auto* subscription = find(arriving_->subscription); subscription && subscription->stream)
        arriving_->delivery.offset = take_stream_offset(arriving_->delivery);
    if (!arriving_->is_too_large)
        arriving_->delivery.payload.reserve(size);
    if (size == 0)
        hand_on();
}

void Amqp091Consumer::on_body(std::string_view part) {
    if (!arriving_ || !arriving_->has_header || part.size() > arriving_->wanted)
        return wire_.die("a content body came without its header, or longer than that said");
    arriving_->wanted -= part.size();
    if (!arriving_->is_too_large)
        arriving_->delivery.payload += part;
    if (arriving_->wanted == 0)
        hand_on();
}

void Amqp091Consumer::hand_on() {
    Arriving arrived = std::move(*arriving_);
    arriving_.reset();
    if (arrived.is_too_large) {
        spdlog::warn("a message on {} is larger than {} MiB, and is not taken", to_log_text(arrived.delivery.address),
                     largest_body / 1024 / 1024);
        if (!arrived.is_acknowledged)
            wire_.send(reading_.number(), AMQP_BASIC_REJECT_METHOD, amqp_basic_reject_t{arrived.tag, 0});
        return;
    }
    if (is_had(arrived))
        return wire_.send(reading_.number(), AMQP_BASIC_ACK_METHOD, amqp_basic_ack_t{arrived.tag, 0});
    events_.on_delivery(std::move(arrived.delivery));
    if (arrived.is_acknowledged)
        return;
    last_tag_ = arrived.tag;
    if (++owed_ >= most_owed)
        acknowledge();
}

bool Amqp091Consumer::is_had(const Arriving& arrived) {
    auto* subscription = find(arrived.subscription);
    if (!subscription || !subscription->stream || !arrived.delivery.offset)
        return false;
    const bool is_new = subscription->stream->take(*arrived.delivery.offset);
    if (const auto missed = subscription->stream->take_missed(); missed > 0)
        spdlog::warn("stream {} no longer has {} messages that came while nobody read it here",
                     to_log_text(subscription->queue), missed);
    return !is_new;
}

void Amqp091Consumer::acknowledge() {
    if (owed_ == 0)
        return;
    wire_.send(reading_.number(), AMQP_BASIC_ACK_METHOD, amqp_basic_ack_t{last_tag_, 1});
    said_ += std::exchange(owed_, 0);
    make_sure();
}

/// An acknowledgement has no answer. What is asked after it on the channel has one, and then it has come as well.
void Amqp091Consumer::make_sure() {
    if (asked_ > 0 || said_ == 0)
        return;
    asked_ = said_;
    reading_.ask({[this] {
                      wire_.send(reading_.number(), AMQP_BASIC_QOS_METHOD, amqp_basic_qos_t{0, prefetch, 0});
                  },
                  [this] {
                      said_ -= asked_;
                      events_.on_acknowledged(std::exchange(asked_, 0));
                      make_sure();
                  }});
}

}  // namespace mucbridge
