#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "broker/amqp091_channel.hpp"
#include "core/message.hpp"

namespace mucbridge {

/// What goes to the broker, on a channel of its own with publisher confirms. A publication that the broker refuses
/// closes the channel, and the broker does not say which it was: those without an answer are then published again one
/// at a time, in their order, until the one is found.
class Amqp091Publisher {
public:
    using Settled = std::function<void(Settlement)>;

    Amqp091Publisher(Amqp091Wire& wire, amqp_channel_t channel, std::string exchange);

    void publish(Publication publication, Settled settled);
    void on_method(const amqp_method_t& method);
    /// Of what the broker returns: it follows the return.
    void on_header(const amqp_basic_properties_t& properties);
    /// connection.blocked: nothing more is published until it is over.
    void hold(bool is_held);
    /// The connection is gone: nobody knows of these.
    void release(const std::string& why);

private:
    struct Item {
        Publication publication;
        Settled settled;
        std::uint64_t tag = 0;
        std::string returned = {};  // why, in words
    };
    void pump();
    void send(Item item);
    void on_closed(const std::string& why);
    void on_confirmed(std::uint64_t tag, bool is_multiple, bool is_accepted);
    static void settle(Item item, bool is_accepted);

    Amqp091Wire& wire_;
    const std::string exchange_;
    Amqp091Channel channel_;
    bool is_confirming_ = false;  // the channel is open, and confirms
    bool is_held_ = false;
    std::uint64_t next_tag_ = 1;
    std::deque<Item> waiting_, unsettled_;
    std::size_t suspects_ = 0;  // so many of waiting_, from the front: one of them the broker may refuse
    std::string returned_;      // the broker says it of what comes next
};

}  // namespace mucbridge
