#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mucbridge {

/// Where a broker is: "mqtt://127.0.0.1", "mqtts://user:pass%20word@broker.example.org:8883", "mqtt://[::1]:1884/",
/// "amqp://host/virtual-host". The scheme's port is 1883, 8883 with TLS; of AMQP 5672, 5671.
struct BrokerUrl {
    bool amqp = false;
    bool tls = false;
    std::string host;  // without the brackets of an IPv6 address
    std::uint16_t port = 1883;
    std::string username, password;  // percent-decoded
    std::string vhost = "/";         // of AMQP: percent-decoded, "%2F" or nothing is "/"
};

/// Errors quote the URL without its password.
Result<BrokerUrl> parse_broker_url(std::string_view text);

/// Without user and password: "mqtts://[::1]:8883", "amqp://host:5672/plant%20one".
std::string to_string(const BrokerUrl& url);

/// The port of the private broker: "embedded:" is 0 (1883, or any that is free), "embedded:?port=1999",
/// "embedded://127.0.0.1:1999". It listens on the loopback only.
Result<std::uint16_t> parse_embedded_url(std::string_view text);

/// The text before the first ':'; empty when there is none.
std::string_view scheme_of(std::string_view url);

/// The URL with "***" where its password is.
std::string without_password(std::string_view url);

}  // namespace mucbridge
