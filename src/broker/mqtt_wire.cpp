#include "broker/mqtt_wire.hpp"

#include <utility>

#include "broker/paho_inside.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

std::string to_string(const MQTTLenString& text) {
    return text.data ? std::string(text.data, static_cast<std::size_t>(text.len)) : std::string();
}

/// Bytes that are no text are nobody's id.
void add_text(Delivery& delivery, const char* name, std::string text) {
    if (!text.empty() && is_utf8(text))
        delivery.properties.emplace_back(name, std::move(text));
}

/// A variable byte integer (MQTT 5 §1.5.5).
std::size_t length_of_length(std::size_t length) {
    return length < 128 ? 1 : length < 16384 ? 2 : length < 2097152 ? 3 : 4;
}

}  // namespace

mqtt::const_message_ptr make_message(Publication publication, bool mqtt5) {
    mqtt::properties properties;
    if (mqtt5) {
        if (publication.is_text)
            properties.add({mqtt::property::PAYLOAD_FORMAT_INDICATOR, 1});
        if (!publication.content_type.empty())
            properties.add({mqtt::property::CONTENT_TYPE, publication.content_type});
        if (!publication.answers.empty())
            properties.add({mqtt::property::CORRELATION_DATA, mqtt::binary(publication.answers)});
        for (const auto& [name, value] : publication.properties)
            properties.add({mqtt::property::USER_PROPERTY, name, value});
    }
    auto message = mqtt::message::create(std::move(publication.address), std::move(publication.payload),
                                         publication.qos, publication.retain);
    message->set_properties(std::move(properties));  // create() would copy them
    return message;
}

Delivery to_delivery(const mqtt::message& message) {
    Delivery delivery;
    delivery.address = message.get_topic();
    delivery.payload = message.get_payload_str();
    delivery.qos = message.get_qos();
    delivery.retained = message.is_retained();
    delivery.duplicate = message.is_duplicate();  // never at QoS 2: Paho hides it
    if (delivery.qos > 0)
        delivery.packet_id = static_cast<std::uint32_t>(inside(message).msgid);
    const auto& properties = message.get_properties().c_struct();
    for (int i = 0; i < properties.count; ++i) {
        const auto& property = properties.array[i];
        if (property.identifier == MQTTPROPERTY_CODE_CONTENT_TYPE)
            delivery.content_type = to_string(property.value.data);
        else if (property.identifier == MQTTPROPERTY_CODE_CORRELATION_DATA)
            add_text(delivery, "correlation-id", to_string(property.value.data));
        else if (property.identifier == MQTTPROPERTY_CODE_USER_PROPERTY)
            delivery.properties.emplace_back(to_string(property.value.data), to_string(property.value.value));
    }
    return delivery;
}

std::size_t packet_size(const Publication& publication, bool mqtt5) {
    std::size_t rest = 2 + publication.address.size() + (publication.qos > 0 ? 2 : 0) + publication.payload.size();
    if (mqtt5) {
        std::size_t properties = publication.is_text ? 2 : 0;
        if (!publication.content_type.empty())
            properties += 3 + publication.content_type.size();
        if (!publication.answers.empty())
            properties += 3 + publication.answers.size();
        for (const auto& [name, value] : publication.properties)
            properties += 5 + name.size() + value.size();
        rest += length_of_length(properties) + properties;
    }
    return 1 + length_of_length(rest) + rest;
}

}  // namespace mucbridge
