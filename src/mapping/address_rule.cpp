#include "mapping/address_rule.hpp"

#include <algorithm>
#include <array>

#include "core/utf8.hpp"
#include "mapping/characters.hpp"
#include "mapping/room_name.hpp"

namespace mucbridge {
namespace {

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

Result<const BrokerConfig*> find_broker(const std::string& name, const std::vector<BrokerConfig>& brokers) {
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
    constexpr std::array<std::string_view, 6> known{"mqtt", "mqtts", "amqp", "amqps", "embedded", "memory"};
    if (std::find(known.begin(), known.end(), scheme) == known.end())
        return Error{"broker \"" + to_log_text(found->name) + "\" speaks \"" + to_log_text(scheme) +
                     "\"; want mqtt, mqtts, amqp, amqps, embedded or memory"};
    return &*found;
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

Result<Pattern> parse_address(const std::string& text, Pattern::Kind kind, AddressKind spelling, const Pattern& room) {
    if (text.empty()) {
        const std::string word{spelling_of(spelling).address};
        return Error{kind == Pattern::Kind::filter ? "want a " + word + " or filter to read"
                                                   : "want a " + word + " to publish to"};
    }
    if (spelling == AddressKind::topic)
        if (const auto reserved = check_reserved(text, kind); !reserved)
            return reserved.error();
    auto pattern = Pattern::parse(text, kind, spelling);
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
Result<std::string> fill_address(const Pattern& pattern, AddressKind kind, const Values& values) {
    const auto spelling = spelling_of(kind);
    const std::string word{spelling.address};
    for (const auto& name : pattern.names())
        for (const auto& level : values.at(name)) {
            const std::array<char, 2> wildcards{spelling.one, spelling.rest};
            if (const auto at = level.find_first_of(wildcards.data(), 0, wildcards.size()); at != std::string::npos)
                return Error{std::string{"holds "} + level[at] + ", a wildcard in " + word + "s"};
            if (const auto at = level.find(spelling.separator); at != std::string::npos)
                return Error{std::string{"holds a "} + level[at] + " (" + escape_level(level.substr(at, 1)) +
                             "), which parts the levels of a " + word + "; a room's name has a dot there"};
            if (!is_mqtt_text(level))
                return Error{"holds characters that " + word + "s cannot"};
        }
    auto address = join_address(pattern.fill(values), kind);
    if (kind == AddressKind::topic && address.starts_with('$') && !pattern.begins_with_text())
        return Error{"begins with $; such topics are the broker's own"};
    if (address.size() > spelling.most_bytes)
        return Error{"would be a " + word + " of " + std::to_string(address.size()) + " bytes; " +
                     std::to_string(spelling.most_bytes) + " are possible"};
    return address;
}

}  // namespace

Result<AddressRule> AddressRule::make(const MirrorConfig& config, const Pattern& room,
                                      const std::vector<BrokerConfig>& brokers) {
    auto broker = find_broker(config.broker, brokers);
    if (!broker)
        return Error{"broker: " + broker.error().text};
    const auto kind = address_kind_of(**broker);
    const bool has_queues = kind == AddressKind::routing_key && (*broker)->protocol != "amqp-1.0";
    if (!has_queues && config.mandatory)
        return Error{"mandatory: want an AMQP 0-9-1 broker; " + to_log_text((*broker)->name) + " is none"};
    if (!has_queues && config.queue != QueueConfig{})
        return Error{"queue: want an AMQP 0-9-1 broker; " + to_log_text((*broker)->name) + " is none"};
    if (kind == AddressKind::routing_key && config.retain)
        return Error{"retain: an AMQP broker retains nothing; leave the key out"};
    AddressRule rule;
    rule.text = make_text(config);
    rule.broker = (*broker)->name;
    rule.kind = kind;
    rule.direction = config.direction;
    rule.qos = config.qos;
    rule.retain = config.retain;
    rule.payload = config.payload;
    rule.mandatory = config.mandatory;
    rule.queue = config.queue;
    if (config.direction != Direction::in) {
        const auto key = key_of("write", config.write, config);
        auto write = parse_address(key.text, Pattern::Kind::address, kind, room);
        if (!write)
            return Error{std::string{key.name} + ": " + write.error().text};
        rule.write = std::move(*write);
    }
    if (config.direction != Direction::out) {
        const auto key = key_of("read", config.read, config);
        auto read = parse_address(key.text, Pattern::Kind::filter, kind, room);
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
    AddressBinding binding{broker, kind, {}, {}, qos, retain, payload, mandatory, queue, false};
    if (write) {
        auto address = fill_address(*write, kind, values);
        if (!address)
            return address.error();
        binding.write = std::move(*address);
    }
    if (read) {
        auto filter = fill_address(*read, kind, values);
        if (!filter)
            return filter.error();
        binding.read.push_back(std::move(*filter));
    }
    binding.reads_own = write && binding.does_read(binding.write);
    return binding;
}

}  // namespace mucbridge
