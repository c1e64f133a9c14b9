#include "broker/amqp091_connection.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "core/utf8.hpp"

namespace mucbridge {
namespace {

constexpr amqp_channel_t publishing_channel = 1, work_channel = 2, reading_channel = 3, checking_channel = 4;
constexpr int most_frames_at_once = 512;

}  // namespace

Amqp091Connection::Amqp091Connection(Rabbit rabbit, const Amqp091Target& target, Events events)
    : target_(target),
      events_(std::move(events)),
      wire_(std::move(rabbit)),
      publisher_(wire_, publishing_channel, target.config.exchange),
      consumer_(wire_, work_channel, reading_channel, target.config, target.origin, events_.deliveries),
      first_(wire_, checking_channel, {}) {
    look_for_exchange();
}

void Amqp091Connection::look_for_exchange() {
    first_.ask(
        {[this] {
             const auto& config = target_.config;
             amqp_exchange_declare_t declare{};
             declare.exchange = to_bytes(config.exchange);
             declare.passive = config.exchange_type.empty();
             declare.type = to_bytes(config.exchange_type.empty() ? "topic" : std::string_view(config.exchange_type));
             declare.durable = 1;
             wire_.send(checking_channel, AMQP_EXCHANGE_DECLARE_METHOD, declare);
         },
         events_.on_up,
         [this](int, const std::string& why) { wire_.die("exchange " + target_.config.exchange + ": " + why); }});
}

void Amqp091Connection::read() {
    amqp_frame_t frame;
    int count = 0;
    while (count < most_frames_at_once && wire_.read(frame)) {
        on_frame(frame);
        wire_.release();
        ++count;
    }
    has_more_ = count == most_frames_at_once;
    consumer_.acknowledge();
    consumer_.look_after();
}

void Amqp091Connection::on_frame(const amqp_frame_t& frame) {
    if (frame.frame_type == AMQP_FRAME_METHOD)
        return frame.channel == 0 ? on_connection_method(frame.payload.method)
                                  : on_method(frame.channel, frame.payload.method);
    if (frame.frame_type == AMQP_FRAME_HEADER) {
        const auto& properties = *static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
        if (frame.channel == publishing_channel)
            publisher_.on_header(properties);
        else if (frame.channel == reading_channel)
            consumer_.on_header(properties, frame.payload.properties.body_size);
    } else if (frame.frame_type == AMQP_FRAME_BODY && frame.channel == reading_channel) {
        consumer_.on_body(to_view(frame.payload.body_fragment));
    }
}

void Amqp091Connection::on_method(amqp_channel_t channel, const amqp_method_t& method) {
    if (channel == publishing_channel)
        publisher_.on_method(method);
    else if (channel == checking_channel)
        first_.on_method(method);
    else
        consumer_.on_method(channel, method);
}

void Amqp091Connection::on_connection_method(const amqp_method_t& method) {
    if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
        const auto& close = fields_of<amqp_connection_close_t>(method);
        const auto why = describe_close(close.reply_code, close.reply_text);
        wire_.send(0, AMQP_CONNECTION_CLOSE_OK_METHOD, amqp_connection_close_ok_t{});
        is_ended_by_broker_ = true;
        wire_.die("the broker ended the connection: " + why);
    } else if (method.id == AMQP_CONNECTION_BLOCKED_METHOD) {
        const auto reason = to_view(fields_of<amqp_connection_blocked_t>(method).reason);
        spdlog::warn("{}: takes no lines for now (connection.blocked): {}", to_string(target_.url),
                     to_log_text(reason));
        publisher_.hold(true);
        events_.on_blocked(true);
    } else if (method.id == AMQP_CONNECTION_UNBLOCKED_METHOD) {
        spdlog::info("{}: takes lines again", to_string(target_.url));
        publisher_.hold(false);
        events_.on_blocked(false);
    }
}

}  // namespace mucbridge
