#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/config.hpp"

namespace mucbridge {

class Problems;

/// {"certificate": "tls.crt", "key": "tls.key", "client_ca": "clients.crt", "required": true}: laid over what is there.
void read_tls(const nlohmann::json& value, const std::string& pointer, Config& config, Problems& problems);
nlohmann::json make_tls_schema();

}  // namespace mucbridge
