#include "cli/rule_fields.hpp"

#include "cli/fields.hpp"
#include "cli/json_text.hpp"

namespace mucbridge {
namespace {

using nlohmann::json;

constexpr std::size_t most_rules = 10000;

void read_qos(const json& value, const std::string& pointer, RuleConfig& rule, Problems& problems) {
    if (value.is_number_unsigned() && value.get<std::size_t>() <= 2)
        rule.qos = value.get<int>();
    else
        problems.error(pointer, "want 0, 1 or 2, got " + describe(value));
}

const Fields<RuleConfig>& rule_fields() {
    using Text = TextField<RuleConfig>;
    using Rule = RuleConfig;
    using Choice = ChoiceField<Rule>;
    static const Fields<Rule> fields{
        {"room", Text{&Rule::room}, "a room's name, with {placeholders}: \"plant.{line}\"; by default {name}"},
        {"topic", Text{&Rule::topic}, "short for read and write: \"factory/{line}/chat\""},
        {"read", Text{&Rule::read}, "the filter that is subscribed; it may hold + and #"},
        {"write", Text{&Rule::write}, "the address that is published to"},
        {"broker", Text{&Rule::broker}, "the broker's name; by default the only one, or main"},
        {"direction",
         Choice{{"both", "out", "in"},
                [](Rule& rule, std::size_t word) { rule.direction = static_cast<Direction>(word); }},
         "out: rooms publish and do not read; in: they read and do not publish"},
        {"qos",
         OwnField<Rule>{read_qos,
                        [] {
                            return json{{"enum", {0, 1, 2}}};
                        }},
         "MQTT's quality of service"},
        {"retain", SwitchField<Rule>{&Rule::retain}, "whether the broker keeps the latest line for who comes later"},
        {"payload",
         Choice{{"text", "json"}, [](Rule& rule, std::size_t word) { rule.payload = static_cast<PayloadKind>(word); }},
         "what a line looks like on the broker"},
        {"nick", Text{&Rule::nick}, "a template for publishers' nicks: \"{topic.1}\""},
        {"who", AbsentField{"this version lets in whom its login lets in; leave the key out"}, ""},
        {"mirrors", AbsentField{"this version has no mirrors; leave the key out"}, ""},
        {"aliases", AbsentField{"this version has no aliases; leave the key out"}, ""},
    };
    return fields;
}

/// Directions and addresses have to fit.
void check_addresses(const RuleConfig& rule, const std::string& pointer, Problems& problems) {
    const bool writes = rule.direction != Direction::in;
    const bool reads = rule.direction != Direction::out;
    if (!writes && !rule.write.empty())
        problems.error(join_pointer(pointer, "write"), "direction in publishes nothing; leave the key out");
    if (!reads && !rule.read.empty())
        problems.error(join_pointer(pointer, "read"), "direction out reads nothing; leave the key out");
    if (!rule.topic.empty() && !rule.read.empty() && !rule.write.empty())
        problems.error(join_pointer(pointer, "topic"), "want topic, or read and write; got all three");
    const bool lacks_write = writes && rule.write.empty() && rule.topic.empty();
    const bool lacks_read = reads && rule.read.empty() && rule.topic.empty();
    if (lacks_write && lacks_read)
        problems.error(pointer, "want topic, or read and write");
    else if (lacks_write || lacks_read)
        problems.error(
            pointer, lacks_write ? "want write (or topic, or direction in)" : "want read (or topic, or direction out)");
}

}  // namespace

void read_rules(const json& value, const std::string& pointer, Config& config, Problems& problems) {
    config.rules.clear();
    if (!value.is_array() || value.empty() || value.size() > most_rules) {
        problems.error(pointer, "want a list of 1 to 10000 rules (without the key: the default rule), got " +
                                    (value.is_array() ? std::to_string(value.size()) : describe(value)));
        return;
    }
    for (const auto& object : value) {
        const auto place = join_pointer(pointer, config.rules.size());
        const auto errors_before = problems.errors().size();
        RuleConfig rule;
        read_object(object, place, rule, rule_fields(), problems);
        if (problems.errors().size() == errors_before)
            check_addresses(rule, place, problems);
        config.rules.push_back(std::move(rule));
    }
}

json make_rules_schema() { return {{"type", "array"}, {"minItems", 1}, {"items", make_schema(rule_fields())}}; }

}  // namespace mucbridge
