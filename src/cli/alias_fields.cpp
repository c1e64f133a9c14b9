#include "cli/alias_fields.hpp"

#include "cli/fields.hpp"
#include "mapping/aliases.hpp"

namespace mucbridge {

void read_aliases(const nlohmann::json& value, const std::string& pointer, Config& config, Problems& problems) {
    config.aliases.clear();
    if (!value.is_object()) {
        problems.error(pointer, "want an object of topics by room, such as {\"kitchen\": \"Sensors/Kitchen 1\"}, got " +
                                    describe(value));
        return;
    }
    for (const auto& [room, topic] : value.items()) {
        const auto place = join_pointer(pointer, room);
        AliasConfig alias{room, {}};
        if (!read_text(topic, place, alias.topic, problems))
            continue;
        if (const auto alone = Aliases::make({alias}); !alone)
            problems.error(place, alone.error().text.substr(alone.error().text.find(": ") + 2));
        config.aliases.push_back(std::move(alias));
    }
}

nlohmann::json make_aliases_schema() { return {{"type", "object"}, {"additionalProperties", make_text_schema()}}; }

}  // namespace mucbridge
