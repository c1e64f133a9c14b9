#include "cli/component_fields.hpp"

#include <set>

#include "cli/fields.hpp"
#include "cli/secret.hpp"
#include "xmpp/component_url.hpp"

namespace mucbridge {
namespace {

using nlohmann::json;

constexpr std::size_t most_components = 100;

/// A component's object while it is read: what is said in two ways is seen only when all of it is there.
struct ComponentDraft : ComponentConfig {
    std::string secret_file;
};

void read_server(const json& value, const std::string& pointer, ComponentDraft& to, Problems& problems) {
    std::string text;
    if (!read_text(value, pointer, text, problems))
        return;
    if (const auto url = parse_component_url(text))
        to.server = to_string(*url);
    else
        problems.error(pointer, url.error().text);
}

const Fields<ComponentDraft>& component_fields() {
    using Own = OwnField<ComponentDraft>;
    using Text = TextField<ComponentDraft>;
    static const Fields<ComponentDraft> fields{
        {"server", Own{read_server, make_text_schema},
         "where it takes in components: xmpp://HOST[:5347]; by default on this machine"},
        {"domain",
         Own{[](const json& value, const std::string& pointer, ComponentDraft& to, Problems& problems) {
                 read_domain(value, pointer, to.domain, problems);
             },
             make_text_schema},
         "of the rooms, as the server's configuration has it for this component"},
        {"secret", Text{&ComponentDraft::secret}, "shared with the server; better in a file of its own"},
        {"secret_file", Text{&ComponentDraft::secret_file}, "a file that holds the secret"},
    };
    return fields;
}

void read_component(const json& object, const std::string& pointer, ComponentConfig& component, Problems& problems) {
    ComponentDraft draft{component, {}};
    read_object(object, pointer, draft, component_fields(), problems);
    const auto place = join_pointer(pointer, "secret_file");
    if (object.is_object() && object.contains("secret") && object.contains("secret_file"))
        problems.error(place, "want one of secret and secret_file, got both");
    else if (!draft.secret_file.empty()) {
        if (const auto exposed = why_exposed(draft.secret_file); !exposed.empty())
            problems.warn(place, exposed);
        if (auto secret = read_secret(draft.secret_file); secret)
            draft.secret = std::move(*secret);
        else
            problems.error(place, secret.error().text);
    }
    component = std::move(draft);
}

std::string place_of(const Config& config, std::size_t index) {
    return config.components.size() == 1 ? "/component" : join_pointer("/component", index);
}

}  // namespace

void read_components(const json& value, const std::string& pointer, Config& config, Problems& problems) {
    auto& components = config.components;
    if (value.is_object() && components.size() > 1) {
        problems.error(pointer, "there are " + std::to_string(components.size()) +
                                    " components; want each with its own in the file");
        return;
    }
    if (value.is_object()) {
        components.resize(1);
        read_component(value, pointer, components.front(), problems);
        return;
    }
    components.clear();
    if (!value.is_array() || value.empty() || value.size() > most_components) {
        problems.error(pointer,
                       "want an object such as {\"server\": \"xmpp://127.0.0.1:5347\", \"domain\": "
                       "\"rooms.example.org\", \"secret_file\": \"secret\"}, or a list of 1 to 100 of them, got " +
                           (value.is_array() ? std::to_string(value.size()) : describe(value)));
        return;
    }
    for (const auto& object : value) {
        ComponentConfig component;
        read_component(object, join_pointer(pointer, components.size()), component, problems);
        components.push_back(std::move(component));
    }
}

json make_components_schema() {
    const auto component = make_schema(component_fields());
    return {{"anyOf", {component, {{"type", "array"}, {"minItems", 1}, {"items", component}}}}};
}

void check_components(const Config& config, Problems& problems) {
    std::set<std::pair<std::string, std::string>> known;
    for (std::size_t at = 0; at < config.components.size(); ++at) {
        const auto& [server, domain, secret] = config.components[at];
        const auto place = place_of(config, at);
        if (domain.empty())
            problems.error(place, "want the rooms' domain, such as \"domain\": \"rooms." + config.domain + "\"");
        else if (!known.emplace(server, domain).second)
            problems.error(place, domain + " is a component of " + server + " already; want it once");
        else if (domain == config.domain && !config.listen.empty())
            problems.error(join_pointer(place, "domain"),
                           "want a domain of its own, got " + domain + ", which the accounts that log in here have");
        if (secret.empty())
            problems.error(
                place,
                "want secret_file, a file that holds the secret which the server knows" +
                    std::string(config.components.size() == 1 ? " (or MUCBRIDGE_COMPONENT_SECRET, ..._FILE)" : ""));
    }
}

}  // namespace mucbridge
