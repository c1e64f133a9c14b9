#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "broker/amqp091_channel.hpp"
#include "broker/amqp091_subscription.hpp"
#include "core/config.hpp"
#include "core/message.hpp"

namespace mucbridge {

/// What comes from the broker: for each filter a queue, bound to the exchange by it, and read by nobody else; or a
/// stream, which all gateways read, each from its own place on, and which nobody here deletes. Both are declared and
/// bound on one channel, which a refusal closes and opens again, and read on another, which none closes.
class Amqp091Consumer {
public:
    using Answered = Amqp091Subscription::Answered;
    using Clock = Amqp091Subscription::Clock;
    struct Events {
        std::function<void(Delivery)> on_delivery;
        /// So many of the oldest deliveries that were not yet told of are known to be acknowledged: they do not come
        /// again.
        std::function<void(std::size_t)> on_acknowledged;
        /// The broker does not let us read this queue, and has closed the channel for it, and so we the connection.
        std::function<void(const std::string& filter, bool is_of_stream, const std::string& why)> on_denied;
        std::function<void(const std::string& filter)> on_reading;
    };
    /// `is_kept`: the queues outlive the connection.
    Amqp091Consumer(Amqp091Wire& wire, amqp_channel_t work, amqp_channel_t reading, const BrokerConfig& config,
                    std::string origin, Events events);

    /// Answers as often as the answer is another: what is refused is asked for again, now and then. `is_fresh`: what an
    /// earlier process left in the queue is not wanted.
    void subscribe(const std::string& filter, Amqp091Wish wish, bool is_fresh, Answered answered);
    /// In place of subscribe() where asking at once would cost the connection again.
    void subscribe_later(const std::string& filter, Amqp091Wish wish, Answered answered, Clock::time_point when,
                         const std::string& why);
    void unsubscribe(const std::string& filter);
    /// From now on all queues outlive the connection. A new one is read before the old one is deleted, so that nothing
    /// falls between them; what comes at that moment may come from both.
    void keep_all();
    void on_method(amqp_channel_t channel, const amqp_method_t& method);
    void on_header(const amqp_basic_properties_t& properties, std::uint64_t size);
    void on_body(std::string_view part);
    /// Acknowledges what was handed on since.
    void acknowledge();
    /// Does what is due; whenever some time has passed.
    void look_after();
    /// What nobody will answer any more.
    void give_up(const std::string& why);

private:
    static constexpr std::uint16_t prefetch = 100;

    using Subscription = Amqp091Subscription;
    struct Arriving {
        Delivery delivery;
        std::uint64_t tag, wanted;
        bool is_acknowledged;  // by the broker itself, at QoS 0
        bool is_too_large, has_header;
        std::uint64_t subscription;
    };

    void declare(const Subscription& subscription);
    void bind(const Subscription& subscription);
    void read(const Subscription& subscription);
    Subscription& add(const std::string& filter, Amqp091Wish wish, Answered answered);
    void refuse(std::uint64_t number, int code, const std::string& why);
    void remove(const std::string& queue);
    void cancel(std::uint64_t number);
    bool is_had(const Arriving& arrived);
    void forget(std::uint64_t number);
    void on_reading(std::uint64_t number);
    Subscription* find(std::uint64_t number);
    void on_deliver(const amqp_basic_deliver_t& deliver);
    void on_cancelled(std::string_view tag);
    void hand_on();
    void make_sure();

    Amqp091Wire& wire_;
    const BrokerConfig& config_;
    const std::string origin_;
    const Events events_;
    Amqp091Channel work_, reading_;
    std::map<std::uint64_t, Subscription> subscriptions_;
    std::map<std::string, std::uint64_t> numbers_;  // by filter
    std::uint64_t next_number_ = 1;
    std::optional<Arriving> arriving_;
    std::uint64_t last_tag_ = 0;        // handed on
    std::size_t owed_ = 0;              // acknowledgements
    std::size_t said_ = 0, asked_ = 0;  // acknowledged, and not known to be; of them, known when the answer comes
};

}  // namespace mucbridge
