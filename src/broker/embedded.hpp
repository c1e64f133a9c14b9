#pragma once

#include <memory>

#include "broker/broker.hpp"

namespace mucbridge {

/// "embedded:": a private mosquitto on the loopback, our child, and a connection to it by MQTT. It lives as long as the
/// Broker, and is started anew when it dies. An error when there is no such program.
Result<std::unique_ptr<Broker>> make_embedded_broker(const BrokerConfig& config, const BrokerIdentity& identity,
                                                     BrokerEvents events);

}  // namespace mucbridge
