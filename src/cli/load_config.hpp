#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/problems.hpp"
#include "core/config.hpp"

namespace mucbridge {

/// The flags that say what is configured, as they stand on the command line.
struct ConfigFlags {
    std::string file;  // -c
    std::optional<std::string> domain, rooms_domain, login, broker, state, seal_key_file, log_format, log_level, loops;
    std::optional<std::string> component_server, component_domain, tls_certificate, tls_key;
    std::vector<std::string> listen, rules;
    bool allow_open_login = false;
};

/// The variables whose names begin with MUCBRIDGE_.
using Environment = std::map<std::string, std::string>;
Environment read_environment();

/// A configuration, and everything that is wrong with it; not to be run unless problems.is_fine().
struct Loaded {
    Config config;
    Problems problems;
    std::string file;  // "" without one
};

/// Flags beat the environment, the environment beats the file, the file beats the defaults: key by key.
Loaded load_config(const ConfigFlags& flags, const Environment& environment);

/// Writes the errors to stderr and says with what to exit; exit_code::ok where there are none.
int report_errors(const Loaded& loaded);

}  // namespace mucbridge
