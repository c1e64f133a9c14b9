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

/// Lays one layer over what is there.
void read_layer(const nlohmann::json& object, Loaded& loaded, Given& given) {
    given.listen |= object.is_object() && object.contains("listen");
    read_config(object, loaded.config, loaded.problems);
}

/// Whether the file itself says a secret, and does not name another that does.
bool holds_secret(const nlohmann::json& file, const Config& config) {
    const auto& brokers = config.brokers;
    if (std::any_of(brokers.begin(), brokers.end(), [&](const BrokerConfig& broker) {
            return !broker.password.empty() && !file.at("brokers").at(broker.name).contains("password_file");
        }))
        return true;
    const auto component = file.find("component");
    if (component == file.end())
        return false;
    const auto says = [](const nlohmann::json& one) { return one.is_object() && one.contains("secret"); };
    return says(*component) || (component->is_array() && std::any_of(component->begin(), component->end(), says));
}

void read_config_file(Loaded& loaded, Given& given) {
    constexpr std::size_t longest = 16 * 1024 * 1024;  // parse_json() says what is too long for it
    const auto text = read_file(loaded.file, longest);
    if (!text) {
        loaded.problems.error("", text.error().text);
        return;
    }
    const auto object = parse_json(*text, loaded.problems);
    if (!object)
        return;
    read_layer(*object, loaded, given);
    const auto exposed = object->is_object() && holds_secret(*object, loaded.config) ? why_exposed(loaded.file) : "";
    if (!exposed.empty())
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
    Given given;
    if (!loaded.file.empty())
        read_config_file(loaded, given);
    const auto lay_over = [&](const nlohmann::json& overlay) {
        read_layer(overlay, loaded, given);
        given.short_rules |= overlay.contains("rules");
    };
    lay_over(make_overlay(environment, config, loaded.problems));
    lay_over(make_overlay(flags, config, loaded.problems));
    check_config(config, given, loaded.problems);
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
