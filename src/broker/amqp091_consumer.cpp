#include "broker/amqp091_consumer.hpp"

#include <spdlog/spdlog.h>

#include <charconv>
#include <utility>

#include "broker/amqp091_wire.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono_literals;

/// RabbitMQ has the queue, but nobody to serve it: its node is away, or has just come back.
constexpr int not_found = 404;
constexpr auto soon = 1s, later = 30s;
/// Nobody is told of what may be over so soon.
constexpr auto told_after = 10s;

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

Amqp091Subscription& Amqp091Consumer::add(const std::string& filter, Amqp091Wish wish, Answered answered) {
    const auto number = next_number_++;
    const auto former = std::exchange(numbers_[filter], number);
    auto& subscription = subscriptions_[number];
    auto queue = make_queue_name(config_, origin_, filter, wish);
    subscription = {filter, std::move(queue), std::move(wish), number, std::move(answered), former, Clock::now()};
    if (subscription.wish.is_of_stream())
        subscription.stream.emplace(subscription.wish.after, subscription.wish.since);
    return subscription;
}

void Amqp091Consumer::subscribe(const std::string& filter, Amqp091Wish wish, bool is_fresh, Answered answered) {
    const auto& subscription = add(filter, std::move(wish), std::move(answered));
    if (is_fresh && subscription.wish.is_kept && !subscription.stream)
        remove(subscription.queue);
    declare(subscription);
}

void Amqp091Consumer::subscribe_later(const std::string& filter, Amqp091Wish wish, Answered answered,
                                      Clock::time_point when, const std::string& why) {
    auto& subscription = add(filter, std::move(wish), std::move(answered));
    subscription.again = when;
    if (when - Clock::now() > told_after)
        subscription.answer({false, 0, why});
}

Amqp091Consumer::Subscription* Amqp091Consumer::find(std::uint64_t number) {
    const auto found = subscriptions_.find(number);
    return found == subscriptions_.end() ? nullptr : &found->second;
}

void Amqp091Consumer::declare(const Subscription& subscription) {
    const auto number = subscription.number;
    work_.ask({[this, queue = subscription.queue, wish = subscription.wish] {
                   declare_queue(wire_, work_.number(), config_, queue, wish);
               },
               [this, number] {
                   if (const auto* declared = find(number))
                       bind(*declared);
               },
               [this, number](int code, const std::string& why) { refuse(number, code, why); }});
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
               [this, number](int, const std::string& why) { refuse(number, 0, why); }});
}

void Amqp091Consumer::read(const Subscription& subscription) {
    const auto number = subscription.number;
    reading_.ask({[this, number, queue = subscription.queue, is_confirmed = subscription.is_acknowledged()] {
                      const auto tag = std::to_string(number);
                      RabbitTable arguments;
                      if (auto* asked = find(number); asked && asked->stream)
                          asked->stream->ask(arguments, read_clocks());
                      amqp_basic_consume_t consume{};
                      consume.queue = to_bytes(queue);
                      consume.consumer_tag = to_bytes(tag);
                      consume.no_ack = !is_confirmed;
                      consume.arguments = arguments.table();
                      wire_.send(reading_.number(), AMQP_BASIC_CONSUME_METHOD, consume);
                  },
                  [this, number] { on_reading(number); },
                  [this, filter = subscription.filter, is_of_stream = subscription.stream.has_value()](
                      int, const std::string& why) {
                      events_.on_denied(filter, is_of_stream, why);
                      wire_.die("the channel for reading was closed: " + why);
                  }});
}

/// Nobody has to come and ask again: who may be let in later is, and a node that is away comes back.
void Amqp091Consumer::refuse(std::uint64_t number, int code, const std::string& why) {
    auto* subscription = find(number);
    if (!subscription)
        return;
    const auto now = Clock::now();
    subscription->again = now + (code == not_found ? soon : later);
    if (!std::exchange(subscription->was_refused, true))
        spdlog::warn("queue {} is asked for again until it is there: {}", to_log_text(subscription->queue),
                     to_log_text(why));
    if (code != not_found || now - subscription->since > told_after)
        subscription->answer({false, 0, why});
}

void Amqp091Consumer::on_reading(std::uint64_t number) {
    auto* subscription = find(number);
    if (!subscription)
        return;
    if (std::exchange(subscription->was_refused, false))
        spdlog::info("queue {} is read", to_log_text(subscription->queue));
    events_.on_reading(subscription->filter);
    subscription->answer({true, subscription->wish.qos});
    forget(std::exchange(subscription->former, 0));
}

void Amqp091Consumer::keep_all() {
    const auto all = numbers_;
    for (const auto& [filter, number] : all)
        if (auto* subscription = find(number); subscription && !subscription->wish.is_kept) {
            if (subscription->stream) {
                subscription->wish.is_kept = true;
                continue;
            }
            auto wish = subscription->wish;
            wish.is_kept = true;
            subscribe(filter, std::move(wish), false, subscription->answered);
        }
}

void Amqp091Consumer::unsubscribe(const std::string& filter) {
    const auto found = numbers_.find(filter);
    if (found == numbers_.end())
        return remove(make_queue_name(config_, origin_, filter, {0, true, {}}));  // of an earlier connection
    const auto number = found->second;
    numbers_.erase(found);
    forget(number);
}

/// And whatever it was to take the place of.
void Amqp091Consumer::forget(std::uint64_t number) {
    while (const auto* subscription = find(number)) {
        const auto former = subscription->former;
        if (subscription->stream)
            cancel(number);
        else
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

void Amqp091Consumer::cancel(std::uint64_t number) {
    reading_.ask({[this, tag = std::to_string(number)] {
        amqp_basic_cancel_t cancel{};
        cancel.consumer_tag = to_bytes(tag);
        wire_.send(reading_.number(), AMQP_BASIC_CANCEL_METHOD, cancel);
    }});
}

void Amqp091Consumer::look_after() {
    const auto now = Clock::now();
    for (auto& [number, subscription] : subscriptions_) {
        if (subscription.again && now >= *subscription.again) {
            subscription.again.reset();
            declare(subscription);
        }
        if (!subscription.stream || !subscription.stream->is_overdue(now))
            continue;
        // Deleted and made anew while nobody of us read it.
        spdlog::warn("stream {} does not have what was read last: it was made anew, and is read from its beginning",
                     to_log_text(subscription.queue));
        subscription.stream->begin_anew();
        cancel(number);
        read(subscription);
    }
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
    auto* subscription = find(number);
    if (!subscription)
        return;
    spdlog::warn("queue {} was deleted, with what it held; it is made anew", to_log_text(subscription->queue));
    if (subscription->stream)
        subscription->stream->begin_anew();
    declare(*subscription);
}

void Amqp091Consumer::give_up(const std::string& why) {
    for (auto& [number, subscription] : std::exchange(subscriptions_, {}))
        if (!subscription.told)
            subscription.answer({false, 0, why});
    numbers_.clear();
}

}  // namespace mucbridge
