#pragma once

#include <mqtt/disconnect_options.h>
#include <mqtt/message.h>

namespace mucbridge {

// Paho's C++ classes wrap structures of its C library, and keep to themselves what we need of them.

/// It has the packet id.
const MQTTAsync_message& inside(const mqtt::message& message);

/// It has the structure's version, which the wrapper leaves at 0: the library then sends no properties.
MQTTAsync_disconnectOptions& inside(mqtt::disconnect_options& options);

}  // namespace mucbridge
