#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/config.hpp"

namespace mucbridge {

class Problems;

/// {"read": "*@example.org", "write": ["ops-*@example.org", "admin@example.org"]}
void read_who(const nlohmann::json& value, const std::string& pointer, RuleConfig& rule, Problems& problems);
nlohmann::json make_who_schema();

}  // namespace mucbridge
