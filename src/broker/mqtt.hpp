#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "broker/broker.hpp"

namespace mucbridge {

/// Runs before each attempt to connect, on the adapter's own thread; an error is the attempt's.
using BeforeConnect = std::function<Result<void>()>;

/// MQTT 5, or 3.1.1 where the broker refuses 5, by Paho. Wants config.url as parse_broker_url() does.
/// MQTT 5 keeps the session for config.session_expiry wherever the connection ends without goodbye; MQTT 3.1.1 where
/// keep_session() said so before it began.
Result<std::unique_ptr<Broker>> make_mqtt_broker(const BrokerConfig& config, const BrokerIdentity& identity,
                                                 BrokerEvents events, BeforeConnect before_connect = nullptr);

}  // namespace mucbridge
