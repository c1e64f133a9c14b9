#include "broker/amqp10_message.hpp"

#include <chrono>
#include <map>
#include <proton/binary.hpp>
#include <proton/codec/map.hpp>
#include <proton/codec/vector.hpp>
#include <proton/error.hpp>
#include <proton/message_id.hpp>
#include <proton/scalar.hpp>
#include <proton/symbol.hpp>
#include <proton/timestamp.hpp>
#include <proton/value.hpp>

#include "broker/amqp10_json.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

/// A message id may be text, a number, a UUID or bytes.
template <class Scalar>
std::string to_text(const Scalar& scalar) {
    switch (scalar.type()) {
        case proton::NULL_TYPE:
            return {};
        case proton::STRING:
            return proton::get<std::string>(scalar);
        default:
            return proton::to_string(scalar);
    }
}

void add(Delivery& delivery, const char* name, std::string text) {
    if (!text.empty() && is_utf8(text))
        delivery.properties.emplace_back(name, std::move(text));
}

void read_body(const proton::value& body, Delivery& delivery) {
    switch (body.type()) {
        case proton::NULL_TYPE:
            return;
        case proton::BINARY: {
            const auto bytes = proton::get<proton::binary>(body);
            delivery.payload.assign(bytes.begin(), bytes.end());
            return;
        }
        case proton::STRING:
            delivery.payload = proton::get<std::string>(body);
            return;
        case proton::SYMBOL:
            delivery.payload = proton::get<proton::symbol>(body);
            return;
        default:
            delivery.payload = to_json_text(body);
    }
}

void read_properties(const proton::message& message, Delivery& delivery) {
    std::map<std::string, proton::scalar> properties;
    try {
        proton::get(message.properties().value(), properties);
    } catch (const proton::error&) {
        return;  // maps and lists, which the standard forbids there (§3.2.5): the body counts all the same
    }
    for (const auto& [name, value] : properties)
        if (auto text = to_text(value); is_utf8(name) && is_utf8(text))
            delivery.properties.emplace_back(name, std::move(text));
}

}  // namespace

proton::message to_amqp10(const Publication& publication, const std::string& target) {
    proton::message message;
    message.inferred(true);  // binary as data, not as a value
    message.body(proton::binary(publication.payload));
    message.to(target);
    message.reply_to(target);  // who answers speaks in the room
    message.durable(publication.qos > 0);
    if (!publication.id.empty())
        message.id(proton::message_id(publication.id));
    if (!publication.answers.empty())
        message.correlation_id(proton::message_id(publication.answers));
    if (!publication.content_type.empty())
        message.content_type(publication.content_type);
    if (publication.said_at != WallTime{})
        message.creation_time(proton::timestamp(
            std::chrono::duration_cast<std::chrono::milliseconds>(publication.said_at.time_since_epoch()).count()));
    for (const auto& [name, value] : publication.properties)
        message.properties().put(name, value);
    return message;
}

Delivery to_delivery(const proton::message& message) {
    Delivery delivery;
    delivery.content_type = message.content_type();
    delivery.duplicate = message.delivery_count() > 0;
    read_body(message.body(), delivery);
    read_properties(message, delivery);
    add(delivery, "user-id", message.user());
    add(delivery, "reply-to", message.reply_to());
    add(delivery, "message-id", to_text(message.id()));
    add(delivery, "correlation-id", to_text(message.correlation_id()));
    return delivery;
}

}  // namespace mucbridge
