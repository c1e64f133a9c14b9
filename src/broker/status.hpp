#pragma once

#include <string>

#include "broker/broker.hpp"

namespace mucbridge {

/// Where a gateway tells whether it is there: config.status_topic, or "mucbridge/ORIGIN/status".
std::string status_topic(const BrokerConfig& config, const BrokerIdentity& identity);

/// {"origin":"...","state":"online"}, retained, QoS 1; also the last will.
Publication make_status(const std::string& topic, const std::string& origin, const std::string& state);

}  // namespace mucbridge
