#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/config.hpp"
#include "core/result.hpp"

namespace mucbridge {

class Problems;

/// {"main": {"url": "mqtt://127.0.0.1:1883"}}: laid over the brokers that are there, by name and key.
void read_brokers(const nlohmann::json& value, const std::string& pointer, Config& config, Problems& problems);
nlohmann::json make_brokers_schema();

/// "mqtt://user:secret@host:1883" goes into url (without them), username and password. Errors name the wish.
Result<void> set_broker_url(const std::string& text, BrokerConfig& broker);

}  // namespace mucbridge
