#include "cli/overlay.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "cli/secret.hpp"
#include "cli/suggest.hpp"

namespace mucbridge {
namespace {

using nlohmann::json;

/// Collects a layer's values, each with its name in that layer.
class Overlay {
public:
    Overlay(const Config& below, Problems& problems, bool is_flags)
        : below_(below), problems_(problems), is_flags_(is_flags) {}

    void set(const std::string& pointer, const std::string& name, json value) {
        problems_.rename(pointer, name, is_flags_);
        object_[json::json_pointer(pointer)] = std::move(value);
    }

    /// Of the broker that these layers mean: main, or the only one.
    void set_broker(const std::string& key, const std::string& name, const std::string& value) {
        const auto pointer = join_pointer(join_pointer("/brokers", main_broker()), key);
        set(pointer, name, value);
    }

    /// "plant.{line}=factory/{line}": the first = divides.
    void set_rules(const std::string& name, const std::vector<std::string>& texts) {
        auto rules = json::array();
        for (const auto& text : texts) {
            const auto equals = text.find('=');
            if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
                problems_.rename("/rules", name, is_flags_);
                problems_.error("/rules", "want ROOM=TOPIC, such as 'plant.{line}=factory/{line}'");
                return;
            }
            rules.push_back({{"room", text.substr(0, equals)}, {"topic", text.substr(equals + 1)}});
        }
        set("/rules", name, rules);
    }

    /// A whole number as one, anything else as the text that it is.
    void set_number(const std::string& pointer, const std::string& name, const std::string& text) {
        std::uint64_t number = 0;
        const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
        const bool is_number = failed == std::errc{} && end == text.data() + text.size();
        set(pointer, name, is_number ? json(number) : json(text));
    }

    json take() { return std::move(object_); }

private:
    std::string main_broker() const {
        const auto& brokers = below_.brokers;
        const bool has_main = std::any_of(brokers.begin(), brokers.end(),
                                          [](const BrokerConfig& broker) { return broker.name == "main"; });
        return has_main || brokers.size() != 1 ? "main" : brokers.front().name;
    }

    const Config& below_;
    Problems& problems_;
    bool is_flags_;
    json object_ = json::object();
};

struct Variable {
    const char* name;
    const char* pointer;
};

constexpr std::array plain_variables{
    Variable{"MUCBRIDGE_DOMAIN", "/domain"},
    Variable{"MUCBRIDGE_ROOMS_DOMAIN", "/rooms_domain"},
    Variable{"MUCBRIDGE_COMPONENT_SERVER", "/component/server"},
    Variable{"MUCBRIDGE_COMPONENT_DOMAIN", "/component/domain"},
    Variable{"MUCBRIDGE_LOGIN", "/login"},
    Variable{"MUCBRIDGE_TLS_CERTIFICATE", "/tls/certificate"},
    Variable{"MUCBRIDGE_TLS_KEY", "/tls/key"},
    Variable{"MUCBRIDGE_STATE", "/state"},
    Variable{"MUCBRIDGE_SEAL_KEY_FILE", "/seal_key_file"},
    Variable{"MUCBRIDGE_LOG_FORMAT", "/log/format"},
    Variable{"MUCBRIDGE_LOG_LEVEL", "/log/level"},
};

/// NAME, or the content of the file that NAME_FILE names; of a broker's key.
constexpr std::array broker_variables{
    Variable{"MUCBRIDGE_BROKER", "url"},
    Variable{"MUCBRIDGE_BROKER_USERNAME", "username"},
    Variable{"MUCBRIDGE_BROKER_PASSWORD", "password"},
};
constexpr Variable component_secret{"MUCBRIDGE_COMPONENT_SECRET", "/component/secret"};

constexpr std::array other_variables{"MUCBRIDGE_CONFIG",         "MUCBRIDGE_LISTEN",       "MUCBRIDGE_RULE",
                                     "MUCBRIDGE_ADMINISTRATORS", "MUCBRIDGE_LOOPS",        "MUCBRIDGE_ALLOW_OPEN_LOGIN",
                                     "MUCBRIDGE_PASSWORD",       "MUCBRIDGE_PASSWORD_FILE"};

std::vector<std::string> split(const std::string& text, const char* separators) {
    std::vector<std::string> parts;
    std::size_t start = 0;
    while ((start = text.find_first_not_of(separators, start)) != std::string::npos) {
        const auto end = std::min(text.find_first_of(separators, start), text.size());
        parts.push_back(text.substr(start, end - start));
        start = end;
    }
    return parts;
}

/// Calls use(what the variable is called, its value).
template <class Use>
void with_secret(const std::string& name, const Environment& environment, Problems& problems, Use use) {
    const auto plain = environment.find(name);
    const auto in_file = environment.find(name + "_FILE");
    if (in_file == environment.end()) {
        if (plain != environment.end())
            use(name, plain->second);
        return;
    }
    const auto& path = in_file->second;
    if (plain != environment.end())
        problems.error("", name + "_FILE: want one of " + name + " and " + name + "_FILE, got both");
    else if (const auto secret = read_secret(path); secret)
        use(name + "_FILE", *secret);
    else
        problems.error("", name + "_FILE: " + secret.error().text);
}

json to_switch(const std::string& text) {
    if (text == "1" || text == "true" || text == "yes")
        return true;
    return text == "0" || text == "false" || text == "no" ? json(false) : json(text);
}

/// Others put variables of this prefix into the environment too (Kubernetes does for a service of our name), so only a
/// likely slip is worth a word.
void warn_of_slips(const Environment& environment, Problems& problems) {
    std::vector<std::string> known(other_variables.begin(), other_variables.end());
    for (const auto& variable : plain_variables)
        known.emplace_back(variable.name);
    const auto add_secret = [&known](const std::string& name) { known.insert(known.end(), {name, name + "_FILE"}); };
    for (const auto& variable : broker_variables)
        add_secret(variable.name);
    add_secret(component_secret.name);
    for (const auto& [name, value] : environment) {
        if (std::find(known.begin(), known.end(), name) != known.end())
            continue;
        if (const auto likely = suggest(name, known); !likely.empty())
            problems.warn("", std::string(name).append(": unknown variable; did you mean ").append(likely).append("?"));
    }
}

}  // namespace

json make_overlay(const Environment& environment, const Config& below, Problems& problems) {
    Overlay overlay(below, problems, false);
    const auto with = [&](const char* name, auto use) {
        if (const auto found = environment.find(name); found != environment.end())
            use(found->second);
    };
    for (const auto& variable : plain_variables)
        with(variable.name, [&](const auto& text) { overlay.set(variable.pointer, variable.name, text); });
    for (const auto& variable : broker_variables)
        with_secret(variable.name, environment, problems,
                    [&](const auto& name, const auto& value) { overlay.set_broker(variable.pointer, name, value); });
    with_secret(component_secret.name, environment, problems,
                [&](const auto& name, const auto& value) { overlay.set(component_secret.pointer, name, value); });
    with("MUCBRIDGE_LISTEN",
         [&](const auto& text) { overlay.set("/listen", "MUCBRIDGE_LISTEN", split(text, ", \t\n")); });
    with("MUCBRIDGE_ADMINISTRATORS",
         [&](const auto& text) { overlay.set("/administrators", "MUCBRIDGE_ADMINISTRATORS", split(text, ", \t\n")); });
    with("MUCBRIDGE_RULE", [&](const auto& text) { overlay.set_rules("MUCBRIDGE_RULE", split(text, "\n")); });
    with("MUCBRIDGE_LOOPS", [&](const auto& text) { overlay.set_number("/loops", "MUCBRIDGE_LOOPS", text); });
    with("MUCBRIDGE_ALLOW_OPEN_LOGIN",
         [&](const auto& text) { overlay.set("/allow_open_login", "MUCBRIDGE_ALLOW_OPEN_LOGIN", to_switch(text)); });
    warn_of_slips(environment, problems);
    return overlay.take();
}

json make_overlay(const ConfigFlags& flags, const Config& below, Problems& problems) {
    Overlay overlay(below, problems, true);
    const auto set = [&](const char* pointer, const char* name, const std::optional<std::string>& value) {
        if (value)
            overlay.set(pointer, name, *value);
    };
    set("/domain", "--domain", flags.domain);
    set("/rooms_domain", "--rooms-domain", flags.rooms_domain);
    set("/component/server", "--component-server", flags.component_server);
    set("/component/domain", "--component-domain", flags.component_domain);
    set("/login", "--login", flags.login);
    set("/tls/certificate", "--tls-certificate", flags.tls_certificate);
    set("/tls/key", "--tls-key", flags.tls_key);
    set("/state", "--state", flags.state);
    set("/seal_key_file", "--seal-key-file", flags.seal_key_file);
    set("/log/format", "--log-format", flags.log_format);
    set("/log/level", "--log-level", flags.log_level);
    if (flags.loops)
        overlay.set_number("/loops", "--loops", *flags.loops);
    if (flags.broker)
        overlay.set_broker("url", "--broker", *flags.broker);
    if (!flags.listen.empty())
        overlay.set("/listen", "--listen", flags.listen);
    if (!flags.rules.empty())
        overlay.set_rules("--rule", flags.rules);
    if (flags.allow_open_login)
        overlay.set("/allow_open_login", "--allow-open-login", true);
    return overlay.take();
}

}  // namespace mucbridge
