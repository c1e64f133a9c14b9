#pragma once

#include <mqtt/message.h>

#include <cstddef>

#include "core/message.hpp"

namespace mucbridge {

/// The publication as Paho wants it; MQTT 3.1.1 has no place for properties, content type and payload format.
/// Wants a Paho client in the process: Paho's allocator lives from the first to the last, and properties are made with
/// it.
mqtt::const_message_ptr make_message(Publication publication, bool mqtt5);

/// Linear in the message, whatever a publisher put into it.
Delivery to_delivery(const mqtt::message& message);

/// Bytes of the whole PUBLISH packet (MQTT 5 §3.3, §2.1.4).
std::size_t packet_size(const Publication& publication, bool mqtt5);

}  // namespace mucbridge
