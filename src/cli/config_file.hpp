#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/config.hpp"

namespace mucbridge {

class Problems;

/// Lays what stands in `object` over `config`: what does not stand there stays. Brokers are merged by name and key;
/// lists replace lists. Reads the password files that are named.
void read_config(const nlohmann::json& object, Config& config, Problems& problems);

/// Whether a refusal is of a key, "/rules/0/topic: ...", and not of a file, "/var/lib/mucbridge/...: ...".
bool is_of_config(std::string_view refusal);

/// The JSON Schema of a configuration, from the same tables that read it.
std::string print_config_schema();

}  // namespace mucbridge
