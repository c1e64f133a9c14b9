#pragma once

#include <proton/message.hpp>

#include "core/message.hpp"

namespace mucbridge {

/// One data section, whatever it is; what MQTT 5 has as user properties are application properties.
proton::message to_amqp10(const Publication& publication, const std::string& target);

/// The body, the properties and the application properties; not the address. Data is taken as it is, text as text, and
/// other values (a JMS MapMessage) are written as JSON. Throws proton::error on what is no message.
Delivery to_delivery(const proton::message& message);

}  // namespace mucbridge
