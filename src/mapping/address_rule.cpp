#include "mapping/address_rule.hpp"

#include <algorithm>
#include <array>

#include "core/utf8.hpp"
#include "mapping/characters.hpp"

namespace mucbridge {
namespace {

constexpr std::size_t topic_bytes = 65535;  // MQTT 5 §1.5.4: a string's length has two bytes

/// Where an address comes from: its own key, or `topic`.
struct Key {
    const char* name;
    const std::string& text;
};

Key key_of(const char* name, const std::string& own, const MirrorConfig& config) {
    return own.empty() ? Key{"topic", config.topic} : Key{name, own};
}

std::string make_text(const MirrorConfig& config) {
    const auto read = key_of("read", config.read, config), write = key_of("write", config.write, config);
    if (config.direction == Direction::in || read.text == write.text)
        return read.text;
    return config.direction == Direction::out ? write.text : write.text + ", reading " + read.text;
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

Result<Pattern> parse_address(const std::string& text, Pattern::Kind kind, const Pattern& room) {
    if (text.empty())
        return Error{kind == Pattern::Kind::filter ? "want a topic or filter to read" : "want a topic to publish to"};
    if (const auto reserved = check_reserved(text, kind); !reserved)
        return reserved.error();
    auto pattern = Pattern::parse(text, kind);
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

Result<AddressRule> AddressRule::make(const MirrorConfig& config, const Pattern& room,
                                      const std::vector<BrokerConfig>& brokers) {
    auto broker = find_broker(config.broker, brokers);
    if (!broker)
        return Error{"broker: " + broker.error().text};
    AddressRule rule{
        make_text(config), std::move(*broker), config.direction, config.qos, config.retain, config.payload, {}, {}};
    if (config.direction != Direction::in) {
        const auto key = key_of("write", config.write, config);
        auto write = parse_address(key.text, Pattern::Kind::address, room);
        if (!write)
            return Error{std::string{key.name} + ": " + write.error().text};
        rule.write = std::move(*write);
    }
    if (config.direction != Direction::out) {
        const auto key = key_of("read", config.read, config);
        auto read = parse_address(key.text, Pattern::Kind::filter, room);
        if (!read)
            return Error{std::string{key.name} + ": " + read.error().text};
        rule.read = std::move(*read);
    }
    return rule;
}

bool AddressRule::may_span(const std::string& name) const {
    const auto may = [&name](const std::optional<Pattern>& pattern) {
        if (!pattern || !pattern->has(name))
            return true;
        const auto* last = pattern->last_placeholder();
        return last && *last == name;
    };
    return may(read) && may(write);
}

void AddressRule::span(const std::string& name) {
    for (auto* pattern : {&read, &write})
        if (*pattern && (*pattern)->has(name))
            (*pattern)->span_last();
}

Result<AddressBinding> AddressRule::bind(const Values& values) const {
    AddressBinding binding{broker, {}, {}, qos, retain, payload, false};
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
    binding.reads_own = write && binding.does_read(binding.write);
    return binding;
}

}  // namespace mucbridge
