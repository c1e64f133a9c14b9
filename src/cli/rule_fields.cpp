#include "cli/rule_fields.hpp"

#include <array>

#include "cli/fields.hpp"
#include "cli/json_text.hpp"
#include "cli/who_fields.hpp"

namespace mucbridge {
namespace {

using nlohmann::json;

constexpr std::size_t most_rules = 10000;
constexpr std::size_t most_mirrors = 100;
constexpr std::array queue_types{"classic", "quorum", "stream"};
constexpr std::size_t most_seconds = 4294967;  // of a queue: 32 bits of milliseconds

template <class T>
void read_qos(const json& value, const std::string& pointer, T& to, Problems& problems) {
    if (value.is_number_unsigned() && value.get<std::size_t>() <= 2)
        to.qos = value.get<int>();
    else
        problems.error(pointer, "want 0, 1 or 2, got " + describe(value));
}

json make_qos_schema() { return {{"enum", {0, 1, 2}}}; }

const Fields<QueueConfig>& queue_fields() {
    static const Fields<QueueConfig> fields{
        {"type",
         ChoiceField<QueueConfig>{{queue_types.begin(), queue_types.end()},
                                  [](QueueConfig& to, std::size_t word) { to.type = queue_types[word]; }},
         "classic and quorum: of a queue that outlives the connection, by default the broker's; stream: all gateways "
         "read "
         "one, in one order"},
        {"expires", SecondsField<QueueConfig>{&QueueConfig::expires, 1, most_seconds},
         "seconds without a reader after which it is deleted; by default the broker's session_expiry"},
        {"message_ttl", SecondsField<QueueConfig>{&QueueConfig::message_ttl, 1, most_seconds},
         "seconds after which a message that was not read is dropped; of a stream any, by default the broker's "
         "session_expiry"},
        {"max_length", NumberField<QueueConfig>{&QueueConfig::max_length, 1, 1000000000},
         "messages that it holds; the oldest are dropped"},
        {"dead_letter_exchange", TextField<QueueConfig>{&QueueConfig::dead_letter_exchange},
         "where what it drops is published"},
    };
    return fields;
}

template <class T>
void read_queue(const json& value, const std::string& pointer, T& to, Problems& problems) {
    read_object(value, pointer, to.queue, queue_fields(), problems);
    if (to.queue.type != "stream")
        return;
    const char* const unknown[] = {to.queue.expires.count() > 0 ? "/expires" : nullptr,
                                   to.queue.max_length > 0 ? "/max_length" : nullptr,
                                   to.queue.dead_letter_exchange.empty() ? nullptr : "/dead_letter_exchange"};
    for (const char* const name : unknown)
        if (name)
            problems.error(pointer + name, "want none: a stream has but message_ttl");
}

json make_queue_schema() { return make_schema(queue_fields()); }

/// What a rule says of its home, and a mirror of itself.
template <class T>
Fields<T> make_address_fields() {
    using Text = TextField<T>;
    using Choice = ChoiceField<T>;
    return {
        {"topic", Text{&T::topic}, "short for read and write: \"factory/{line}/chat\""},
        {"read", Text{&T::read},
         "the filter that is subscribed; it may hold wildcards: + and #, * and # at an AMQP broker"},
        {"write", Text{&T::write}, "the address that is published to"},
        {"broker", Text{&T::broker}, "the broker's name; by default the only one, or main; of a mirror the rule's"},
        {"direction",
         Choice{{"both", "out", "in"}, [](T& to, std::size_t word) { to.direction = static_cast<Direction>(word); }},
         "out: rooms publish and do not read; in: they read and do not publish"},
        {"qos", OwnField<T>{read_qos<T>, make_qos_schema}, "MQTT's quality of service"},
        {"retain", SwitchField<T>{&T::retain}, "whether the broker keeps the latest line for who comes later"},
        {"payload",
         Choice{{"text", "json"}, [](T& to, std::size_t word) { to.payload = static_cast<PayloadKind>(word); }},
         "what a line looks like on the broker"},
        {"mandatory", SwitchField<T>{&T::mandatory}, "AMQP 0-9-1: whether a line that no queue takes is refused"},
        {"queue", OwnField<T>{read_queue<T>, make_queue_schema}, "AMQP 0-9-1: what the queue of each room is like"},
    };
}

const Fields<MirrorConfig>& mirror_fields() {
    static const auto fields = make_address_fields<MirrorConfig>();
    return fields;
}

/// Directions and addresses have to fit.
template <class T>
void check_addresses(const T& rule, const std::string& pointer, Problems& problems) {
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

/// Reads one, and judges it where nothing in it was wrong already.
template <class T>
void read_addresses(const json& object, const std::string& pointer, T& to, const Fields<T>& fields,
                    Problems& problems) {
    const auto errors_before = problems.errors().size();
    read_object(object, pointer, to, fields, problems);
    if (problems.errors().size() == errors_before)
        check_addresses(to, pointer, problems);
}

void read_mirrors(const json& value, const std::string& pointer, RuleConfig& rule, Problems& problems) {
    if (!value.is_array() || value.size() > most_mirrors) {
        problems.error(pointer, "want a list of at most 100 topics or mirrors, got " +
                                    (value.is_array() ? std::to_string(value.size()) : describe(value)));
        return;
    }
    for (const auto& item : value) {
        const auto place = join_pointer(pointer, rule.mirrors.size());
        MirrorConfig mirror;
        if (item.is_object())
            read_addresses(item, place, mirror, mirror_fields(), problems);
        else if (item.is_string())
            read_text(item, place, mirror.topic, problems);
        else
            problems.error(place, "want a topic or an object, got " + describe(item));
        rule.mirrors.push_back(std::move(mirror));
    }
}

json make_mirrors_schema() {
    return {{"type", "array"}, {"items", {{"anyOf", {make_text_schema(), make_schema(mirror_fields())}}}}};
}

const Fields<RuleConfig>& rule_fields() {
    using Own = OwnField<RuleConfig>;
    using Text = TextField<RuleConfig>;
    static const auto fields = [] {
        auto all = make_address_fields<RuleConfig>();
        all.insert(all.begin(), {"room", Text{&RuleConfig::room},
                                 "a room's name, with {placeholders}: \"plant.{line}\"; by default {name}"});
        all.push_back({"nick", Text{&RuleConfig::nick}, "a template for publishers' nicks: \"{topic.1}\""});
        all.push_back({"persistent", SwitchField<RuleConfig>{&RuleConfig::persistent},
                       "whether its rooms, and what they say, outlive their occupants and the gateway"});
        all.push_back({"overflow",
                       ChoiceField<RuleConfig>{{"close", "drop-oldest"},
                                               [](RuleConfig& to, std::size_t word) {
                                                   to.overflow = word == 0 ? Overflow::close : Overflow::drop_oldest;
                                               }},
                       "of a topic that is faster than its room: hold the broker back, or lose the oldest lines and "
                       "say so; by default close, and drop-oldest at QoS 0"});
        all.push_back({"who", Own{read_who, make_who_schema}, "who may be in the rooms, and who may speak there"});
        all.push_back({"mirrors", Own{read_mirrors, make_mirrors_schema},
                       "further addresses of the same rooms, on other brokers too"});
        return all;
    }();
    return fields;
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
        RuleConfig rule;
        read_addresses(object, place, rule, rule_fields(), problems);
        config.rules.push_back(std::move(rule));
    }
}

json make_rules_schema() { return {{"type", "array"}, {"minItems", 1}, {"items", make_schema(rule_fields())}}; }

}  // namespace mucbridge
