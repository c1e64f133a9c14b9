#include "mapping/mapper.hpp"

#include <algorithm>

#include "core/utf8.hpp"
#include "mapping/characters.hpp"
#include "mapping/rule.hpp"

namespace mucbridge {
Mapper::Mapper(std::vector<Rule> rules, Aliases aliases, LimitsConfig limits, std::shared_ptr<const Seal> seal)
    : rules_(std::move(rules)), aliases_(std::move(aliases)), limits_(limits), seal_(std::move(seal)) {}

Mapper::~Mapper() = default;

Result<std::shared_ptr<const Mapper>> Mapper::make(const Config& config, std::shared_ptr<const Seal> seal) {
    auto configured = config.rules;
    if (configured.empty()) {
        configured.emplace_back();
        configured.back().topic = "{name}";
    }
    std::vector<Rule> rules;
    for (std::size_t i = 0; i < configured.size(); ++i) {
        auto rule = Rule::make(configured[i], i, config.brokers);
        if (!rule)
            return rule.error();
        rules.push_back(std::move(*rule));
    }
    auto aliases = Aliases::make(config.aliases);
    if (!aliases)
        return aliases.error();
    return std::shared_ptr<const Mapper>(
        new Mapper(std::move(rules), std::move(*aliases), config.limits, std::move(seal)));
}

Result<Levels> Mapper::read_room(std::string_view room) const {
    if (room.size() > limits_.room_bytes)
        return Error{"the room's name has " + std::to_string(room.size()) + " bytes; want at most " +
                     std::to_string(limits_.room_bytes) + " (limits/room_bytes)"};
    const auto prepared = Jid::prepare_local(room);
    if (!prepared)
        return Error{"room \"" + to_log_text(room) + "\" cannot be: " + prepared.error().text};
    // Folding it here would give two rooms one address wherever folding twice is not folding once.
    if (*prepared != room)
        return Error{"room \"" + to_log_text(room) + "\" is no room's name; want \"" + to_log_text(*prepared) + "\""};
    return aliases_.parse_room(room);
}

Result<Binding> Mapper::bind(std::string_view room) const {
    const auto levels = read_room(room);
    if (!levels)
        return levels.error();
    for (const auto& rule : rules_) {
        const auto values = rule.room.match(*levels);
        if (!values)
            continue;
        auto binding = rule.bind(room, *values);
        if (!binding)
            return Error{"room \"" + to_log_text(room) + "\" " + binding.error().text};
        return binding;
    }
    return Error{"room \"" + to_log_text(room) + "\" is no topic: no rule matches it"};
}

Result<Binding> Mapper::feed(const Rule& rule, Source source, std::string_view address) const {
    const auto& by = source.mirror ? rule.mirrors[*source.mirror] : rule.home;
    if (!by.read)
        return Error{"only publishes"};
    if (has_wildcard(address, by.kind))
        return Error{"is a filter there, not an address"};
    const auto values = by.read->match(split_address(address, by.kind));
    if (!values)
        return Error{"does not read it"};
    auto room = aliases_.make_room(rule.room.fill(*values));
    if (!room)
        return room.error();
    auto binding = bind(*room);
    if (!binding)
        return binding;
    if (binding->rule != rule.index)
        return Error{"would be room " + *room + ", which belongs to rule " + std::to_string(binding->rule)};
    const auto found = find_source(*binding, by.broker, address);
    if (!found)
        return Error{"does not read it: wildcards leave out topics that begin with $"};
    if (found->mirror != source.mirror)
        return Error{"would be room " + *room + ", which reads it already"};
    return binding;
}

std::vector<Binding> Mapper::rooms_fed_by(std::string_view broker, std::string_view address) const {
    std::vector<Binding> bindings;
    if (address.empty() || !is_mqtt_text(address))
        return bindings;
    const auto add = [&](const Rule& rule, const AddressRule& by, Source source) {
        if (by.broker == broker)
            if (auto binding = feed(rule, source, address))
                bindings.push_back(std::move(*binding));
    };
    for (const auto& rule : rules_) {
        add(rule, rule.home, {});
        for (std::size_t i = 0; i < rule.mirrors.size(); ++i)
            add(rule, rule.mirrors[i], {i});
    }
    return bindings;
}

const Rule* Mapper::rule_of(const Binding& binding) const {
    return binding.rule < rules_.size() ? &rules_[binding.rule] : nullptr;
}

bool Mapper::may_read(const Binding& binding, const Jid& bare) const {
    const auto* rule = rule_of(binding);
    return rule && (!rule->who || rule->who->may_read(bare));
}

bool Mapper::may_write(const Binding& binding, const Jid& bare) const {
    const auto* rule = rule_of(binding);
    return rule && (!rule->who || rule->who->may_write(bare));
}

}  // namespace mucbridge
