#include "cli/who_fields.hpp"

#include "cli/fields.hpp"
#include "mapping/who.hpp"

namespace mucbridge {
namespace {

using nlohmann::json;

constexpr std::size_t most_patterns = 1000;

template <std::vector<std::string> WhoConfig::*to>
void read_patterns(const json& value, const std::string& pointer, WhoConfig& who, Problems& problems) {
    for (const auto& [item, place] : read_items(value, pointer, most_patterns, problems)) {
        std::string text;
        if (!read_text(item, place, text, problems))
            continue;
        if (const auto pattern = JidPattern::parse(text); !pattern)
            problems.error(place, pattern.error().text);
        (who.*to).push_back(std::move(text));
    }
}

const Fields<WhoConfig>& who_fields() {
    using Own = OwnField<WhoConfig>;
    static const Fields<WhoConfig> fields{
        {"read", Own{read_patterns<&WhoConfig::read>, make_texts_schema},
         "who may be in the rooms: patterns of bare JIDs; * is anybody, [] nobody"},
        {"write", Own{read_patterns<&WhoConfig::write>, make_texts_schema}, "who of these may speak there"},
    };
    return fields;
}

}  // namespace

void read_who(const json& value, const std::string& pointer, RuleConfig& rule, Problems& problems) {
    rule.who.configured = true;
    read_object(value, pointer, rule.who, who_fields(), problems);
    if (!value.is_object())
        return;
    // What is left out could mean nobody or the same as the other: neither is guessed.
    for (const auto* key : {"read", "write"})
        if (!value.contains(key))
            problems.error(pointer, std::string("want read and write, got no ") + key + "; \"" + key +
                                        "\": [] is nobody, \"*\" everybody");
}

json make_who_schema() {
    auto schema = make_schema(who_fields());
    schema["required"] = {"read", "write"};
    return schema;
}

}  // namespace mucbridge
