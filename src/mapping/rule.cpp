#include "mapping/rule.hpp"

#include <algorithm>
#include <array>

#include "core/utf8.hpp"
#include "mapping/characters.hpp"

namespace mucbridge {
namespace {

constexpr std::size_t topic_bytes = 65535;  // MQTT 5 §1.5.4: a string's length has two bytes

/// Where an address comes from: its own key, or `topic`.
struct Source {
    const char* key;
    const std::string& text;
};

Source source_of(const char* key, const std::string& own, const RuleConfig& config) {
    return own.empty() ? Source{"topic", config.topic} : Source{key, own};
}

std::string rule_text(const RuleConfig& config) {
    const auto read = source_of("read", config.read, config), write = source_of("write", config.write, config);
    if (config.direction == Direction::in || read.text == write.text)
        return config.room + " = " + read.text;
    if (config.direction == Direction::out)
        return config.room + " = " + write.text;
    return config.room + " = " + write.text + ", reading " + read.text;
}

Result<std::string> find_broker(const std::string& name, const std::vector<BrokerConfig>& brokers) {
    const auto wanted = name.empty() && brokers.size() != 1 ? "main" : name;
    const auto found = std::find_if(brokers.begin(), brokers.end(), [&](const BrokerConfig& broker) {
        return wanted.empty() || broker.name == wanted;
    });
    if (found == brokers.end()) {
        std::string all;
        for (const auto& broker : brokers)
            all += (all.empty() ? "" : ", ") + to_log_text(broker.name);
        return Error{"there is no broker \"" + to_log_text(wanted) + "\"; want one of: " + all};
    }
    const auto scheme = found->url.substr(0, found->url.find(':'));
    constexpr std::array<std::string_view, 4> with_topics{"mqtt", "mqtts", "embedded", "memory"};
    if (std::find(with_topics.begin(), with_topics.end(), scheme) == with_topics.end())
        return Error{"broker \"" + to_log_text(found->name) + "\" speaks \"" + to_log_text(scheme) +
                     "\"; want mqtt, mqtts, embedded or memory"};
    return found->name;
}

/// What belongs to the broker, not to those who talk through it.
Result<void> check_reserved(std::string_view text, Pattern::Kind kind) {
    if (text.starts_with("$share/") || text.starts_with("$queue/"))
        return Error{"a shared subscription gives each gateway only some of the lines; want the filter behind " +
                     std::string{text.substr(0, text.find('/'))}};
    if (kind == Pattern::Kind::address && text.starts_with("$SYS/"))
        return Error{"$SYS/ is the broker's own; want \"direction\": \"in\" to read it"};
    return {};
}

Result<Pattern> parse_address(const Source& source, Pattern::Kind kind, const Pattern& room) {
    if (source.text.empty())
        return Error{kind == Pattern::Kind::filter ? "want a topic or filter to read" : "want a topic to publish to"};
    if (const auto reserved = check_reserved(source.text, kind); !reserved)
        return reserved.error();
    auto pattern = Pattern::parse(source.text, kind);
    if (!pattern)
        return pattern;
    for (const auto& name : pattern->names())
        if (!room.has(name))
            return Error{"{" + name + "} is not in the room's pattern"};
    // Which rooms an address feeds is told by the address alone.
    for (const auto& name : room.names())
        if (kind == Pattern::Kind::filter && !pattern->has(name))
            return Error{"{" + name + "} of the room's pattern is missing; one address would feed every such room"};
    return pattern;
}

/// See Rule: a placeholder that is not the end of one pattern must not span in any.
void let_span(Rule& rule) {
    const auto* name = rule.room.last_placeholder();
    if (!name)
        return;
    const auto may_span = [name](const std::optional<Pattern>& pattern) {
        if (!pattern || !pattern->has(*name))
            return true;
        const auto* last = pattern->last_placeholder();
        return last && *last == *name;
    };
    if (!may_span(rule.read) || !may_span(rule.write))
        return;
    for (auto* pattern : {&rule.read, &rule.write})
        if (*pattern && (*pattern)->has(*name))
            (*pattern)->span_last();
    rule.room.span_last();
}

/// The address of a room with these values, and why not.
Result<std::string> fill_address(const Pattern& pattern, const Values& values) {
    for (const auto& name : pattern.names())
        for (const auto& level : values.at(name)) {
            if (const auto wildcard = level.find_first_of("+#"); wildcard != std::string::npos)
                return Error{std::string{"holds "} + level[wildcard] + ", a wildcard in topics"};
            if (!is_mqtt_text(level))
                return Error{"holds characters that topics cannot"};
        }
    auto address = join_topic(pattern.fill(values));
    if (address.starts_with('$') && !pattern.begins_with_text())
        return Error{"begins with $; such topics are the broker's own"};
    if (address.size() > topic_bytes)
        return Error{"would be a topic of " + std::to_string(address.size()) + " bytes; " +
                     std::to_string(topic_bytes) + " are possible"};
    return address;
}

}  // namespace

Result<Rule> Rule::make(const RuleConfig& config, std::size_t index, const std::vector<BrokerConfig>& brokers) {
    const auto at = [index](const char* key, const Error& error) {
        return Error{"/rules/" + std::to_string(index) + "/" + key + ": " + error.text};
    };
    auto broker = find_broker(config.broker, brokers);
    if (!broker)
        return at("broker", broker.error());
    auto room = Pattern::parse(config.room, Pattern::Kind::room);
    if (!room)
        return at("room", room.error());
    auto nick = NickTemplate::parse(config.nick);
    if (!nick)
        return at("nick", nick.error());
    Rule rule{index,
              rule_text(config),
              std::move(*broker),
              config.direction,
              config.qos,
              config.retain,
              config.payload,
              std::move(*nick),
              std::move(*room),
              {},
              {}};
    if (config.direction != Direction::in) {
        const auto source = source_of("write", config.write, config);
        auto write = parse_address(source, Pattern::Kind::address, rule.room);
        if (!write)
            return at(source.key, write.error());
        rule.write = std::move(*write);
    }
    if (config.direction != Direction::out) {
        const auto source = source_of("read", config.read, config);
        auto read = parse_address(source, Pattern::Kind::filter, rule.room);
        if (!read)
            return at(source.key, read.error());
        rule.read = std::move(*read);
    }
    let_span(rule);
    return rule;
}

Result<Binding> Rule::bind(std::string_view name, const Values& values) const {
    Binding binding{std::string{name}, index, broker, {}, {}, qos, retain, payload, false};
    if (write) {
        auto address = fill_address(*write, values);
        if (!address)
            return address.error();
        binding.write = std::move(*address);
    }
    if (read) {
        auto filter = fill_address(*read, values);
        if (!filter)
            return filter.error();
        binding.read.push_back(std::move(*filter));
    }
    binding.reads_own = write && read && matches(binding.read.front(), binding.write);
    return binding;
}

}  // namespace mucbridge
