#pragma once

#include <string>

namespace mucbridge {

/// MQTT 5 §2.4, in words for whoever reads the message: 0x87 is "not authorized".
std::string reason_words(int code);

/// MQTT 3.1.1 §3.2.2.3, the return codes 1 to 5 of CONNACK: 4 is "bad user name or password".
std::string connack_words(int code);

}  // namespace mucbridge
