#include "broker/amqp091_channel.hpp"

#include <sys/time.h>

#include <utility>

namespace mucbridge {

void Amqp091Wire::take(int status) {
    if (status != AMQP_STATUS_OK)
        die(status == AMQP_STATUS_HEARTBEAT_TIMEOUT ? "nothing came for two heartbeats" : amqp_error_string2(status));
}

void Amqp091Wire::publish(amqp_channel_t channel, std::string_view exchange, std::string_view key, bool mandatory,
                          const amqp_basic_properties_t& properties, std::string_view body) {
    if (!is_dead())
        take(amqp_basic_publish(rabbit_.get(), channel, to_bytes(exchange), to_bytes(key), mandatory ? 1 : 0, 0,
                                &properties, to_bytes(body)));
}

bool Amqp091Wire::read(amqp_frame_t& frame) {
    if (is_dead())
        return false;
    timeval now{};
    const int status = amqp_simple_wait_frame_noblock(rabbit_.get(), &frame, &now);
    if (status == AMQP_STATUS_TIMEOUT)
        return false;
    take(status);
    return status == AMQP_STATUS_OK;
}

void Amqp091Wire::close() {
    if (is_dead())
        return;
    timeval limit{1, 0};
    amqp_set_rpc_timeout(rabbit_.get(), &limit);
    amqp_connection_close(rabbit_.get(), AMQP_REPLY_SUCCESS);
    die("closed");
}

Amqp091Channel::Amqp091Channel(Amqp091Wire& wire, amqp_channel_t number, Events events)
    : wire_(wire), number_(number), events_(std::move(events)) {
    open();
}

void Amqp091Channel::open() { wire_.send(number_, AMQP_CHANNEL_OPEN_METHOD, amqp_channel_open_t{}); }

void Amqp091Channel::ask(Question question) {
    questions_.push_back(std::move(question));
    if (!is_open_)
        return;
    ++asked_;
    questions_.back().send();
}

void Amqp091Channel::ask_first(Question question) { questions_.push_front(std::move(question)); }

bool Amqp091Channel::on_method(const amqp_method_t& method) {
    switch (method.id) {
        case AMQP_CHANNEL_OPEN_OK_METHOD:
            events_.on_open();
            is_open_ = true;
            for (asked_ = 0; asked_ < questions_.size();)
                questions_[asked_++].send();
            return true;
        case AMQP_CHANNEL_CLOSE_METHOD:
            on_close(fields_of<amqp_channel_close_t>(method));
            return true;
        case AMQP_CHANNEL_FLOW_METHOD: {
            const amqp_channel_flow_ok_t ok{fields_of<amqp_channel_flow_t>(method).active};
            wire_.send(number_, AMQP_CHANNEL_FLOW_OK_METHOD, ok);
            return true;
        }
        case AMQP_QUEUE_DECLARE_OK_METHOD:
        case AMQP_QUEUE_BIND_OK_METHOD:
        case AMQP_QUEUE_UNBIND_OK_METHOD:
        case AMQP_QUEUE_DELETE_OK_METHOD:
        case AMQP_EXCHANGE_DECLARE_OK_METHOD:
        case AMQP_BASIC_QOS_OK_METHOD:
        case AMQP_BASIC_CONSUME_OK_METHOD:
        case AMQP_BASIC_CANCEL_OK_METHOD:
        case AMQP_CONFIRM_SELECT_OK_METHOD:
            break;
        default:
            return false;
    }
    if (asked_ == 0) {
        wire_.die("an answer came that was not asked for");
        return true;
    }
    const Question question = std::move(questions_.front());
    questions_.pop_front();
    --asked_;
    if (question.done)
        question.done();
    return true;
}

void Amqp091Channel::on_close(const amqp_channel_close_t& close) {
    const int code = close.reply_code;
    const std::string why = describe_close(code, close.reply_text);
    wire_.send(number_, AMQP_CHANNEL_CLOSE_OK_METHOD, amqp_channel_close_ok_t{});
    is_open_ = false;
    open();
    if (std::exchange(asked_, 0) == 0)
        return events_.on_closed(code, why);
    const Question culprit = std::move(questions_.front());
    questions_.pop_front();
    if (culprit.refused)
        culprit.refused(code, why);
}

}  // namespace mucbridge
