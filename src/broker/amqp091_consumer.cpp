#include "broker/amqp091_consumer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "broker/amqp091_wire.hpp"
#include "core/unique.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_name = 255;
constexpr std::int64_t longest_expiry = 4294967295;  // ms: what RabbitMQ takes

std::int64_t in_milliseconds(std::chrono::seconds span) {
    return std::min<std::int64_t>(std::chrono::milliseconds(span).count(), longest_expiry);
}

}  // namespace

Amqp091Consumer::Amqp091Consumer(Amqp091Wire& wire, amqp_channel_t work, amqp_channel_t reading,
                                 const BrokerConfig& config, std::string origin, Events events)
    : wire_(wire),
      config_(config),
      origin_(std::move(origin)),
      events_(std::move(events)),
      work_(wire, work, {}),
      reading_(wire, reading,
               {[this] {
                    reading_.ask_first({[this] {
                        wire_.send(reading_.number(), AMQP_BASIC_QOS_METHOD, amqp_basic_qos_t{0, prefetch, 0});
                    }});
                },
                [this](int, const std::string& why) { wire_.die("the channel for reading was closed: " + why); }}) {}

/// Gateways never compete for a queue: each has its own.
std::string Amqp091Consumer::queue_name(const std::string& filter, bool is_kept) const {
    auto name = "mucbridge." + origin_ + "." + filter;
    // A connection that hangs may hold on to its queue for a while.
    if (!is_kept)
        name += "~" + make_random_hex(4);
    if (name.size() <= longest_name)
        return name;
    const auto hash = std::to_string(std::hash<std::string>()(name));
    return std::string(cut_utf8(name, longest_name - hash.size() - 1)) + "~" + hash;
}

void Amqp091Consumer::subscribe(const std::string& filter, Wish wish, bool is_fresh, Answered answered) {
    const auto number = next_number_++;
    const auto former = std::exchange(numbers_[filter], number);
    auto& subscription = subscriptions_[number];
    subscription = {filter, queue_name(filter, wish.is_kept), std::move(wish), number, std::move(answered), former};
    if (is_fresh && subscription.wish.is_kept)
        remove(subscription.queue);
    declare(subscription);
}

Amqp091Consumer::Subscription* Amqp091Consumer::find(std::uint64_t number) {
    const auto found = subscriptions_.find(number);
    return found == subscriptions_.end() ? nullptr : &found->second;
}

/// The arguments point into the wish.
void Amqp091Consumer::shape(const Wish& wish, RabbitTable& arguments) const {
    const auto& queue = wish.queue;
    const auto expiry = queue.expires.count() > 0 ? queue.expires : wish.is_kept ? config_.session_expiry : 0s;
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

void Amqp091Consumer::declare(const Subscription& subscription) {
    const auto number = subscription.number;
    work_.ask({[this, queue = subscription.queue, wish = subscription.wish] {
                   RabbitTable arguments;
                   shape(wish, arguments);
                   amqp_queue_declare_t declare{};
                   declare.queue = to_bytes(queue);
                   declare.durable = wish.is_kept;
                   declare.exclusive = declare.auto_delete = !wish.is_kept;
                   declare.arguments = arguments.table();
                   wire_.send(work_.number(), AMQP_QUEUE_DECLARE_METHOD, declare);
               },
               [this, number] {
                   if (const auto* declared = find(number))
                       bind(*declared);
               },
               [this, number](int, const std::string& why) { refuse(number, why); }});
}

void Amqp091Consumer::bind(const Subscription& subscription) {
    const auto number = subscription.number;
    work_.ask({[this, queue = subscription.queue, filter = subscription.filter] {
                   amqp_queue_bind_t bind{};
                   bind.queue = to_bytes(queue);
                   bind.exchange = to_bytes(config_.exchange);
                   bind.routing_key = to_bytes(filter);
                   wire_.send(work_.number(), AMQP_QUEUE_BIND_METHOD, bind);
               },
               [this, number] {
                   if (const auto* bound = find(number))
                       read(*bound);
               },
               [this, number](int, const std::string& why) { refuse(number, why); }});
}

void Amqp091Consumer::read(const Subscription& subscription) {
    const auto number = subscription.number;
    reading_.ask({[this, number, queue = subscription.queue, is_confirmed = subscription.wish.qos > 0] {
                      const auto tag = std::to_string(number);
                      amqp_basic_consume_t consume{};
                      consume.queue = to_bytes(queue);
                      consume.consumer_tag = to_bytes(tag);
                      consume.no_ack = !is_confirmed;
                      wire_.send(reading_.number(), AMQP_BASIC_CONSUME_METHOD, consume);
                  },
                  [this, number] { on_reading(number); },
                  [this, filter = subscription.filter](int, const std::string& why) {
                      events_.on_denied(filter, why);
                      wire_.die("the channel for reading was closed: " + why);
                  }});
}

void Amqp091Consumer::answer(std::uint64_t number, Granted granted) {
    auto* subscription = find(number);
    if (subscription && subscription->answered)
        std::exchange(subscription->answered, nullptr)(std::move(granted));
}

void Amqp091Consumer::refuse(std::uint64_t number, const std::string& why) {
    auto* subscription = find(number);
    if (!subscription)
        return;
    if (!subscription->answered)
        spdlog::warn("queue {} cannot be made again: {}", to_log_text(subscription->queue), to_log_text(why));
    answer(number, {false, 0, why});
    const auto filter = subscription->filter;
    const auto former = subscription->former;
    subscriptions_.erase(number);
    if (numbers_[filter] != number)
        return;
    if (find(former))
        numbers_[filter] = former;
    else
        numbers_.erase(filter);
}

void Amqp091Consumer::on_reading(std::uint64_t number) {
    const auto* subscription = find(number);
    if (!subscription)
        return;
    answer(number, {true, subscription->wish.qos});
    forget(subscription->former);
}

void Amqp091Consumer::keep_all() {
    const auto all = numbers_;
    for (const auto& [filter, number] : all)
        if (const auto* subscription = find(number); subscription && !subscription->wish.is_kept) {
            auto wish = subscription->wish;
            wish.is_kept = true;
            subscribe(filter, std::move(wish), false, nullptr);
        }
}

void Amqp091Consumer::unsubscribe(const std::string& filter) {
    const auto found = numbers_.find(filter);
    if (found == numbers_.end())
        return remove(queue_name(filter, true));  // of an earlier connection
    const auto number = found->second;
    numbers_.erase(found);
    forget(number);
}

/// And whatever it was to take the place of.
void Amqp091Consumer::forget(std::uint64_t number) {
    while (const auto* subscription = find(number)) {
        const auto former = subscription->former;
        remove(subscription->queue);
        subscriptions_.erase(number);
        number = former;
    }
}

/// What reads it is cancelled with it.
void Amqp091Consumer::remove(const std::string& queue) {
    work_.ask({[this, queue] {
        amqp_queue_delete_t remove{};
        remove.queue = to_bytes(queue);
        wire_.send(work_.number(), AMQP_QUEUE_DELETE_METHOD, remove);
    }});
}

void Amqp091Consumer::on_method(amqp_channel_t channel, const amqp_method_t& method) {
    if (channel == work_.number()) {
        work_.on_method(method);
        return;
    }
    if (method.id == AMQP_BASIC_DELIVER_METHOD)
        on_deliver(fields_of<amqp_basic_deliver_t>(method));
    else if (method.id == AMQP_BASIC_CANCEL_METHOD)
        on_cancelled(to_view(fields_of<amqp_basic_cancel_t>(method).consumer_tag));
    else
        reading_.on_method(method);
}

/// Somebody deleted the queue: it is made anew, and what it held is lost.
void Amqp091Consumer::on_cancelled(std::string_view tag) {
    std::uint64_t number = 0;
    std::from_chars(tag.data(), tag.data() + tag.size(), number);
    const auto* subscription = find(number);
    if (!subscription)
        return;
    spdlog::warn("queue {} was deleted, with what it held; it is made anew", to_log_text(subscription->queue));
    declare(*subscription);
}

void Amqp091Consumer::give_up(const std::string& why) {
    for (auto& [number, subscription] : std::exchange(subscriptions_, {}))
        if (subscription.answered)
            subscription.answered({false, 0, why});
    numbers_.clear();
}

}  // namespace mucbridge
