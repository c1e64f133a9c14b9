#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/config.hpp"

namespace mucbridge {

class Problems;

/// [{"room": "{name}", "topic": "{name}"}]: replaces the rules that are there.
void read_rules(const nlohmann::json& value, const std::string& pointer, Config& config, Problems& problems);
nlohmann::json make_rules_schema();

}  // namespace mucbridge
