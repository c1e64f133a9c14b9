#pragma once

#include <deque>
#include <functional>
#include <string>

#include "broker/rabbitmq_c.hpp"

namespace mucbridge {

/// The frames of one connection. Lives on the broker's thread. Once it is dead it says why, and writes no more.
class Amqp091Wire {
public:
    explicit Amqp091Wire(Rabbit rabbit) : rabbit_(std::move(rabbit)) {}

    template <class Method>
    void send(amqp_channel_t channel, amqp_method_number_t number, Method method) {
        if (!is_dead())
            take(amqp_send_method(rabbit_.get(), channel, number, &method));
    }
    void publish(amqp_channel_t channel, std::string_view exchange, std::string_view key, bool mandatory,
                 const amqp_basic_properties_t& properties, std::string_view body);
    /// The next frame that is there already; false: there is none, or the connection is dead. Its contents live until
    /// release().
    bool read(amqp_frame_t& frame);
    void release() { amqp_maybe_release_buffers(rabbit_.get()); }
    /// Says goodbye, and waits for the answer.
    void close();

    int socket() const { return amqp_get_sockfd(rabbit_.get()); }
    bool is_dead() const { return !why_dead_.empty(); }
    const std::string& why_dead() const { return why_dead_; }
    void die(std::string why) { why_dead_ = std::move(why); }

private:
    void take(int status);

    Rabbit rabbit_;
    std::string why_dead_;
};

/// One channel, and what was asked on it, in order: the broker answers so. A question that it refuses closes the
/// channel; it is opened again, and the others are asked again.
class Amqp091Channel {
public:
    struct Question {
        std::function<void()> send;  // may be called again
        std::function<void()> done = nullptr;
        std::function<void(int code, const std::string& why)> refused = nullptr;
    };
    /// What it tells of itself.
    struct Events {
        std::function<void()> on_open = [] {};  // also again: before everything else it is asked what it is for
        std::function<void(int code, const std::string& why)> on_closed = [](int, const std::string&) {};  // unasked
    };

    Amqp091Channel(Amqp091Wire& wire, amqp_channel_t number, Events events);

    amqp_channel_t number() const { return number_; }
    bool is_open() const { return is_open_; }
    void ask(Question question);
    /// For on_open(): goes before what waits.
    void ask_first(Question question);
    /// False: it is no answer, and not of the channel's own life.
    bool on_method(const amqp_method_t& method);

private:
    void open();
    void on_close(const amqp_channel_close_t& close);

    Amqp091Wire& wire_;
    const amqp_channel_t number_;
    const Events events_;
    std::deque<Question> questions_;
    std::size_t asked_ = 0;  // so many of them, from the front
    bool is_open_ = false;
};

}  // namespace mucbridge
