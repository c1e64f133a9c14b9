#include "mapping/rule.hpp"

#include <algorithm>

namespace mucbridge {
namespace {

MirrorConfig home_of(const RuleConfig& config) {
    return {config.topic, config.read,   config.write,   config.broker,    config.direction,
            config.qos,   config.retain, config.payload, config.mandatory, config.queue};
}

Result<AddressRule> make_mirror(MirrorConfig config, const Rule& rule, const std::vector<BrokerConfig>& brokers) {
    if (config.broker.empty())
        config.broker = rule.home.broker;
    auto mirror = AddressRule::make(config, rule.room, brokers);
    if (mirror && mirror->read && !rule.home.write)
        return Error{
            "direction: what a mirror delivers is published home first, and this rule publishes nothing there; want "
            "\"direction\": \"out\" in the mirror"};
    return mirror;
}

/// See Rule: a placeholder that is not the end of one pattern must not span in any.
void let_span(Rule& rule) {
    const auto* last = rule.room.last_placeholder();
    if (!last)
        return;
    const auto name = *last;
    if (!rule.home.may_span(name) || !std::all_of(rule.mirrors.begin(), rule.mirrors.end(),
                                                  [&name](const AddressRule& mirror) { return mirror.may_span(name); }))
        return;
    rule.room.span_last();
    rule.home.span(name);
    for (auto& mirror : rule.mirrors)
        mirror.span(name);
}

void set_overflow(const Rule& rule, AddressBinding& place) {
    place.overflow = rule.overflow.value_or(place.qos == 0 ? Overflow::drop_oldest : Overflow::close);
}

/// The rule's addresses for these values, whether or not they keep apart.
Result<Binding> fill(const Rule& rule, std::string_view name, const Values& values) {
    auto home = rule.home.bind(values);
    if (!home)
        return home.error();
    Binding binding{std::move(*home), std::string{name}, rule.index, rule.persistent, {}};
    for (const auto& mirror : rule.mirrors) {
        auto bound = mirror.bind(values);
        if (!bound)
            return Error{"is refused: mirror " + std::to_string(binding.mirrors.size()) + " " + bound.error().text};
        binding.mirrors.push_back(std::move(*bound));
    }
    set_overflow(rule, binding);
    for (auto& mirror : binding.mirrors)
        set_overflow(rule, mirror);
    return binding;
}

/// What is wrong with the rule's addresses for whatever its placeholders stand for; each stands for itself here.
std::optional<Clash> find_clash_in_all(const Rule& rule) {
    Values values;
    for (const auto& name : rule.room.names())
        values[name] = {"{" + name + "}"};
    const auto any = fill(rule, {}, values);
    return any ? find_clash(*any) : std::nullopt;
}

}  // namespace

Result<Rule> Rule::make(const RuleConfig& config, std::size_t index, const std::vector<BrokerConfig>& brokers) {
    const auto at = [index](const std::string& key_and_text) {
        return Error{"/rules/" + std::to_string(index) + "/" + key_and_text};
    };
    Rule rule;
    rule.index = index;
    rule.persistent = config.persistent;
    rule.overflow = config.overflow;
    auto room = Pattern::parse(config.room, Pattern::Kind::room);
    if (!room)
        return at("room: " + room.error().text);
    rule.room = std::move(*room);
    auto nick = NickTemplate::parse(config.nick);
    if (!nick)
        return at("nick: " + nick.error().text);
    rule.nick = std::move(*nick);
    if (config.who.configured) {
        auto who = Who::make(config.who);
        if (!who)
            return at("who/" + who.error().text);
        rule.who = std::move(*who);
    }
    auto home = AddressRule::make(home_of(config), rule.room, brokers);
    if (!home)
        return at(home.error().text);
    rule.home = std::move(*home);
    rule.text = config.room + " = " + rule.home.text;
    for (const auto& mirror_config : config.mirrors) {
        const auto place = "mirrors/" + std::to_string(rule.mirrors.size());
        auto mirror = make_mirror(mirror_config, rule, brokers);
        if (!mirror)
            return at(place + "/" + mirror.error().text);
        rule.mirrors.push_back(std::move(*mirror));
    }
    let_span(rule);
    if (const auto clash = find_clash_in_all(rule))
        return at("mirrors/" + std::to_string(clash->mirror) + ": " + clash->text);
    return rule;
}

Result<Binding> Rule::bind(std::string_view name, const Values& values) const {
    auto binding = fill(*this, name, values);
    if (!binding)
        return binding;
    // "{a}/{b}" and "{b}/{a}" are one address where both stand for the same.
    if (const auto clash = find_clash(*binding))
        return Error{"is refused: mirror " + std::to_string(clash->mirror) + " " + clash->text};
    return binding;
}

}  // namespace mucbridge
