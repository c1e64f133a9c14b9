#include "cli/load_config.hpp"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/check_config.hpp"
#include "cli/config_file.hpp"
#include "cli/exit_code.hpp"
#include "cli/json_text.hpp"
#include "cli/overlay.hpp"
#include "cli/secret.hpp"

extern char** environ;  // NOLINT: POSIX has it so

namespace mucbridge {
namespace {

void read_config_file(Loaded& loaded) {
    constexpr std::size_t longest = 16 * 1024 * 1024;  // parse_json() says what is too long for it
    const auto text = read_file(loaded.file, longest);
    if (!text) {
        loaded.problems.error("", text.error().text);
        return;
    }
    const auto object = parse_json(*text, loaded.problems);
    if (!object)
        return;
    read_config(*object, loaded.config, loaded.problems);
    const auto& brokers = loaded.config.brokers;
    const bool holds_secret = std::any_of(brokers.begin(), brokers.end(), [&](const BrokerConfig& broker) {
        return !broker.password.empty() && !object->at("brokers").at(broker.name).contains("password_file");
    });
    if (const auto exposed = holds_secret ? why_exposed(loaded.file) : ""; !exposed.empty())
        loaded.problems.warn("", exposed);
}

std::string find_file(const ConfigFlags& flags, const Environment& environment) {
    if (!flags.file.empty())
        return flags.file;
    const auto found = environment.find("MUCBRIDGE_CONFIG");
    return found == environment.end() ? "" : found->second;
}

}  // namespace

Environment read_environment() {
    constexpr std::string_view prefix = "MUCBRIDGE_";
    Environment found;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto equals = text.find('=');
        if (text.substr(0, prefix.size()) == prefix && equals != std::string_view::npos)
            found.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return found;
}

Loaded load_config(const ConfigFlags& flags, const Environment& environment) {
    Loaded loaded;
    loaded.file = find_file(flags, environment);
    auto& config = loaded.config;
    config.brokers.clear();
    if (!loaded.file.empty())
        read_config_file(loaded);
    read_config(make_overlay(environment, config, loaded.problems), config, loaded.problems);
    read_config(make_overlay(flags, config, loaded.problems), config, loaded.problems);
    check_config(config, loaded.problems);
    return loaded;
}

int report_errors(const Loaded& loaded) {
    const auto& errors = loaded.problems.errors();
    if (errors.empty())
        return exit_code::ok;
    std::cerr << "mucbridge: the configuration" << (loaded.file.empty() ? "" : " in " + loaded.file) << " has "
              << (errors.size() == 1 ? "an error" : std::to_string(errors.size()) + " errors") << ":\n";
    for (const auto& error : errors)
        std::cerr << error << '\n';
    return loaded.problems.to_exit_code();
}

}  // namespace mucbridge
