#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/config.hpp"

namespace mucbridge {

class Problems;

/// {"server": "xmpp://127.0.0.1:5347", "domain": "rooms.example.org", "secret_file": "secret"}, or a list of these. A
/// list replaces what is there; an object is laid over the only component. Reads the secret files that are named.
void read_components(const nlohmann::json& value, const std::string& pointer, Config& config, Problems& problems);
nlohmann::json make_components_schema();

/// What one component's keys do not show: whether there is all that it needs, and no two are one.
void check_components(const Config& config, Problems& problems);

}  // namespace mucbridge
