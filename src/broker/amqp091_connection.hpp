#pragma once

#include <functional>
#include <memory>
#include <string>

#include "broker/amqp091_channel.hpp"
#include "broker/amqp091_consumer.hpp"
#include "broker/amqp091_open.hpp"
#include "broker/amqp091_publisher.hpp"

namespace mucbridge {

/// One connection, logged in: its three channels. Lives on the broker's thread.
class Amqp091Connection {
public:
    struct Events {
        std::function<void()> on_up;  // the exchange is there
        std::function<void(bool is_blocked)> on_blocked;
        Amqp091Consumer::Events deliveries;
    };
    Amqp091Connection(Rabbit rabbit, const Amqp091Target& target, Events events);

    /// Takes in what has come, and answers it. Not all of it: other work has its turn.
    void read();
    Amqp091Publisher& publisher() { return publisher_; }
    Amqp091Consumer& consumer() { return consumer_; }
    int socket() const { return wire_.socket(); }
    bool is_dead() const { return wire_.is_dead(); }
    /// More is there than read() took.
    bool has_more() const { return has_more_; }
    const std::string& why_dead() const { return wire_.why_dead(); }
    bool is_ended_by_broker() const { return is_ended_by_broker_; }
    void close() { wire_.close(); }

private:
    void look_for_exchange();
    void on_frame(const amqp_frame_t& frame);
    void on_method(amqp_channel_t channel, const amqp_method_t& method);
    void on_connection_method(const amqp_method_t& method);

    const Amqp091Target& target_;
    const Events events_;
    Amqp091Wire wire_;
    Amqp091Publisher publisher_;
    Amqp091Consumer consumer_;
    Amqp091Channel first_;  // where the exchange is asked for, which may close it
    bool is_ended_by_broker_ = false, has_more_ = false;
};

}  // namespace mucbridge
