#include <algorithm>
#include <string>

#include "core/utf8.hpp"
#include "mapping/characters.hpp"
#include "mapping/mapper.hpp"
#include "mapping/room_name.hpp"
#include "mapping/rule.hpp"

namespace mucbridge {
namespace {

std::string heading(const Rule& rule) {
    return "\nrule " + std::to_string(rule.index) + ": " + to_log_text(rule.text) + "\n";
}

std::string_view to_text(Direction direction) {
    if (direction == Direction::both)
        return "both";
    return direction == Direction::in ? "in" : "out";
}

std::string describe(const AddressRule& rule, const AddressBinding& binding, const std::string& indent) {
    std::string text = indent + "broker     " + to_log_text(binding.broker) + "\n";
    text += indent + "direction  " + std::string{to_text(rule.direction)} + "\n";
    if (!binding.write.empty())
        text += indent + "publishes  " + to_log_text(binding.write) + (binding.retain ? " (retained)" : "") + "\n";
    for (const auto& filter : binding.read)
        text += indent + "reads      " + to_log_text(filter) + "\n";
    text += indent + "qos        " + std::to_string(binding.qos) + "\n";
    text += indent + "payload    " + (binding.payload == PayloadKind::json ? "json" : "text") + "\n";
    return text;
}

std::string list(const std::vector<JidPattern>& patterns) {
    std::string text;
    for (const auto& pattern : patterns) {
        if (pattern.is_anybody())
            return "everybody";
        text += (text.empty() ? "" : ", ") + to_log_text(pattern.text());
    }
    return text.empty() ? "nobody" : text;
}

std::string describe(const Rule& rule, const Binding& binding, const std::string* alias) {
    const std::string indent(4, ' ');
    std::string text = alias ? indent + "alias of   " + to_log_text(*alias) + "\n" : "";
    text += describe(rule.home, binding, indent);
    if (!binding.write.empty() && !binding.read.empty() && !binding.reads_own)
        text +=
            indent + "It does not read what it publishes: a line is said in the room as soon as the broker has it.\n";
    text += indent + "persistent " + (binding.persistent ? "yes" : "where its owner says so") + "\n";
    text += indent + "may read   " + (rule.who ? list(rule.who->read()) : "everybody") + "\n";
    text += indent + "may write  " + (rule.who ? list(rule.who->write()) : "everybody") + "\n";
    for (std::size_t i = 0; i < binding.mirrors.size(); ++i)
        text += indent + "mirror " + std::to_string(i) + "\n" +
                describe(rule.mirrors[i], binding.mirrors[i], indent + indent);
    return text;
}

bool may_be_address(const std::vector<Rule>& rules, std::string_view address) {
    const auto may = [address](const AddressRule& rule) { return !has_wildcard(address, rule.kind); };
    return std::any_of(rules.begin(), rules.end(), [&may](const Rule& rule) {
        return may(rule.home) || std::any_of(rule.mirrors.begin(), rule.mirrors.end(), may);
    });
}

/// "is topic a/b on broker main"
std::string summarise(const Binding& binding) {
    const auto& address = binding.write.empty() ? binding.read.front() : binding.write;
    return "is " + to_log_text(address) + " on broker " + to_log_text(binding.broker) + ", by rule " +
           std::to_string(binding.rule);
}

}  // namespace

std::string Mapper::explain_room(std::string_view room) const {
    const auto prepared = Jid::prepare_local(room);
    const auto name = prepared ? *prepared : std::string{room};
    const auto levels = read_room(name);
    if (!levels) {
        const auto escaped = escape_level(room);
        const bool helps = !prepared && escaped != room && Jid::prepare_local(escaped);
        return levels.error().text + "\n" + (helps ? "Written as a room's name it is " + escaped + "\n" : "");
    }
    const auto bound = bind(name);
    std::string text = bound ? "room " + to_log_text(name) + " " + summarise(*bound) + "\n" : bound.error().text + "\n";
    const Rule* first = nullptr;
    for (const auto& rule : rules_) {
        text += heading(rule);
        if (!rule.room.match(*levels))
            text += "    does not match\n";
        else if (first)
            text += "    matches, but rule " + std::to_string(first->index) + " comes first\n";
        else {
            first = &rule;
            text += bound ? describe(rule, *bound, aliases_.find_topic(name))
                          : "    matches, and refuses: " + bound.error().text + "\n";
        }
    }
    return text;
}

std::string Mapper::explain_address(std::string_view address) const {
    const auto shown = to_log_text(address);
    if (address.empty() || !is_mqtt_text(address) || !may_be_address(rules_, address))
        return "\"" + shown +
               "\" is no topic and no routing key: want text without wildcards, control characters or invalid UTF-8\n";
    std::string summary, rules;
    const auto explain = [&](const Rule& rule, const AddressRule& by, Source source) {
        const auto name = source.mirror ? "mirror " + std::to_string(*source.mirror) + " " : std::string{};
        const auto binding = feed(rule, source, address);
        if (!binding) {
            rules += "    " + name + binding.error().text + "\n";
            return;
        }
        const auto& room = binding->room;
        rules += "    " + name + "feeds room " + to_log_text(room) + "\n" +
                 describe(rule, *binding, aliases_.find_topic(room));
        summary += std::string{spelling_of(by.kind).address} + " " + shown + " on broker " + to_log_text(by.broker) +
                   " feeds room " + to_log_text(room) + ", by " + (name.empty() ? "" : name + "of ") + "rule " +
                   std::to_string(rule.index) + "\n";
    };
    for (const auto& rule : rules_) {
        rules += heading(rule);
        explain(rule, rule.home, {});
        for (std::size_t i = 0; i < rule.mirrors.size(); ++i)
            explain(rule, rule.mirrors[i], {i});
    }
    return (summary.empty() ? shown + " feeds no room\n" : summary) + rules;
}

}  // namespace mucbridge
