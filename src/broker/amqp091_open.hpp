#pragma once

#include <string>

#include "broker/rabbitmq_c.hpp"
#include "broker/url.hpp"
#include "core/config.hpp"

namespace mucbridge {

/// Where to connect, and as whom.
struct Amqp091Target {
    BrokerUrl url;
    BrokerConfig config;
    std::string origin;
};

struct Amqp091Opened {
    Rabbit rabbit;       // null: there is no connection
    std::string reason;  // why not, in words
    bool is_login_refused = false;
};

/// TCP, TLS, the login and connection.open. Blocks for a few seconds at most.
Amqp091Opened open_amqp091(const Amqp091Target& target);

}  // namespace mucbridge
