// Rules, and rooms by them: no room's name becomes a wildcard, an empty level or a broker's own topic, and what a room
// publishes to feeds that room.
#include <algorithm>
#include <string>
#include <vector>

#include "core/utf8.hpp"
#include "fuzz/check.hpp"
#include "fuzz/input.hpp"
#include "mapping/characters.hpp"
#include "mapping/mapper.hpp"

namespace mucbridge::fuzz {
namespace {

/// "ROOM|TOPIC|READ|WRITE|MIRROR"; the longest of lists and patterns are the configuration's to bound.
RuleConfig parse_rule(std::string_view line) {
    RuleConfig rule;
    std::string mirror;
    for (std::string* field : {&rule.room, &rule.topic, &rule.read, &rule.write, &mirror}) {
        *field = line.substr(0, line.find('|'));
        line.remove_prefix(std::min(line.size(), field->size() + 1));
    }
    if (!mirror.empty())
        rule.mirrors.push_back({mirror, "", "", "", Direction::both, 1, false, PayloadKind::text});
    return rule;
}

/// "alias ROOM TOPIC" stands for a rule that begins with "=".
Config parse_config(Input& input) {
    Config config;
    config.brokers = {BrokerConfig{}};
    config.limits.room_bytes = 128;
    for (auto line = input.take_line(); !line.empty() && config.rules.size() < 8; line = input.take_line()) {
        if (line.front() == '=') {
            const auto end = std::min(line.find('|'), line.size());
            config.aliases.push_back(
                {std::string(line.substr(1, end - 1)), std::string(line.substr(std::min(end + 1, line.size())))});
            continue;
        }
        config.rules.push_back(parse_rule(line));
    }
    return config;
}

/// Whether the rule's own text writes such a level; a room's name then need not be blamed for it.
bool writes_empty_level(const std::string& text) {
    return text.starts_with('/') || text.ends_with('/') || text.find("//") != std::string::npos;
}

void check_address(const std::string& address, bool may_be_empty_level, bool may_begin_with_dollar) {
    check(is_mqtt_text(address) && !address.empty(), "an address is a topic", address);
    check(address.find_first_of("+#") == std::string::npos, "no room's name becomes a wildcard", address);
    check(may_be_empty_level || !writes_empty_level(address), "no room's name becomes an empty level", address);
    check(may_begin_with_dollar || !address.starts_with('$'), "no room's name leads to a broker's own", address);
}

void check_room(const Mapper& mapper, const Config& config, const std::string& room) {
    check(is_xml_text(mapper.explain_room(room)), "what is explained can be shown");
    const auto binding = mapper.bind(room);
    if (!binding) {
        check(is_xml_text(binding.error().text), "a refusal can be shown", binding.error().text);
        return;
    }
    std::vector<std::string> rule_texts{"{name}"};
    if (!config.rules.empty()) {
        const RuleConfig& rule = config.rules.at(binding->rule);
        rule_texts = {rule.topic, rule.read, rule.write};
        for (const MirrorConfig& mirror : rule.mirrors)
            rule_texts.push_back(mirror.topic);
    }
    const bool empty_levels = std::any_of(rule_texts.begin(), rule_texts.end(), writes_empty_level);
    const bool dollar = std::any_of(rule_texts.begin(), rule_texts.end(),
                                    [](const std::string& text) { return text.starts_with('$'); });
    std::vector<const AddressBinding*> places{&*binding};
    for (const AddressBinding& mirror : binding->mirrors)
        places.push_back(&mirror);
    for (const AddressBinding* place : places) {
        check_address(place->write, empty_levels, dollar);
        for (const std::string& filter : place->read)
            check(is_mqtt_text(filter), "a filter is MQTT text", filter);
    }
    if (!binding->reads_own)
        return;
    const auto fed = mapper.rooms_fed_by(binding->broker, binding->write);
    const auto is_it = [&](const Binding& each) { return each.room == room; };
    check(std::count_if(fed.begin(), fed.end(), is_it) == 1, "what a room publishes to feeds it, once",
          room + " -> " + binding->write);
}

void check_address_feeds(const Mapper& mapper, const std::string& address) {
    check(is_xml_text(mapper.explain_address(address)), "what is explained can be shown");
    for (const Binding& fed : mapper.rooms_fed_by("main", address)) {
        const auto binding = mapper.bind(fed.room);
        check(binding && binding->rule == fed.rule && find_source(*binding, "main", address),
              "a room that an address feeds reads it", fed.room);
    }
}

}  // namespace
}  // namespace mucbridge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mucbridge;
    fuzz::Input input(data, size);
    const Config config = fuzz::parse_config(input);
    const auto mapper = Mapper::make(config, nullptr);
    if (!mapper) {
        fuzz::check(mapper.error().text.starts_with('/'), "an error names its place", mapper.error().text);
        return 0;
    }
    for (const Finding& finding : (*mapper)->review())
        fuzz::check(is_xml_text(finding.text), "a finding can be shown", finding.text);
    for (int names = 0; !input.rest().empty() && names < 8; ++names) {
        const std::string name(input.take_line());
        if (const auto room = Jid::prepare_local(name))
            fuzz::check_room(**mapper, config, *room);
        fuzz::check_address_feeds(**mapper, name);
    }
    return 0;
}
