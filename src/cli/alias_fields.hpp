#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/config.hpp"

namespace mucbridge {

class Problems;

/// {"kitchen": "Sensors/Kitchen 1"}: replaces the aliases that are there.
void read_aliases(const nlohmann::json& value, const std::string& pointer, Config& config, Problems& problems);
nlohmann::json make_aliases_schema();

}  // namespace mucbridge
