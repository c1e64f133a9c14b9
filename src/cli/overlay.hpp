#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/load_config.hpp"

namespace mucbridge {

/// A layer of configuration that is not a file, as the JSON that a file would hold for it; the problems learn what
/// each value is called here.
nlohmann::json make_overlay(const Environment& environment, const Config& below, Problems& problems);
nlohmann::json make_overlay(const ConfigFlags& flags, const Config& below, Problems& problems);

}  // namespace mucbridge
