#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mucbridge {

/// How the brokers of a kind spell addresses and filters.
enum class AddressKind : std::uint8_t {
    topic,        // MQTT: "a/b"; "+" is a level, "#" the rest, and a leading $ the broker's own (MQTT 5 §4.7)
    routing_key,  // AMQP 0-9-1: "a.b"; "*" is a level, "#" any number of them, anywhere (§3.1.3.3)
};

/// The letters of a kind, and its words for people.
struct Spelling {
    char separator, one, rest;
    std::size_t most_bytes;
    std::string_view address, filter, protocol;
};
constexpr Spelling spelling_of(AddressKind kind) {
    if (kind == AddressKind::topic)
        return {'/', '+', '#', 65535, "topic", "topic filter", "MQTT"};  // MQTT 5 §1.5.4
    return {'.', '*', '#', 255, "routing key", "binding key", "AMQP"};   // AMQP 0-9-1 §4.2.5.3: a short string
}

/// A name taken apart at its separators, each level in its real characters: topic "plant/hall 1" and room
/// "plant.hall\201" are both {"plant", "hall 1"}.
using Levels = std::vector<std::string>;

Levels split_address(std::string_view address, AddressKind kind);
std::string join_address(const Levels& levels, AddressKind kind);
/// "+#" of a topic, "*#" of a routing key: what nothing can be published to.
bool has_wildcard(std::string_view text, AddressKind kind);

/// MQTT 5 §4.7: does this filter select this topic? Neither is validated.
constexpr bool matches_topic(std::string_view filter, std::string_view topic) {
    if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#')))
        return false;  // [MQTT-4.7.2-1]
    for (;;) {
        const auto filter_end = filter.find('/'), topic_end = topic.find('/');
        const auto level = filter.substr(0, filter_end);
        if (level == "#")
            return true;
        if (level != "+" && level != topic.substr(0, topic_end))
            return false;
        const bool last_of_filter = filter_end == std::string_view::npos;
        if (topic_end == std::string_view::npos)  // "a/#" selects the parent "a" as well
            return last_of_filter || filter.substr(filter_end + 1) == "#";
        if (last_of_filter)
            return false;
        filter.remove_prefix(filter_end + 1);
        topic.remove_prefix(topic_end + 1);
    }
}

static_assert(matches_topic("a/b", "a/b"));
static_assert(!matches_topic("a/b", "a/b/c"));
static_assert(!matches_topic("a/b", "a"));
static_assert(matches_topic("a/#", "a"));
static_assert(matches_topic("a/#", "a/b/c"));
static_assert(!matches_topic("a/#", "ab"));
static_assert(matches_topic("#", "a/b"));
static_assert(matches_topic("+/+", "/finance"));
static_assert(matches_topic("/+", "/finance"));
static_assert(!matches_topic("+", "/finance"));
static_assert(matches_topic("sport/+", "sport/"));
static_assert(!matches_topic("sport/+", "sport"));
static_assert(matches_topic("+/tennis/#", "sport/tennis"));
static_assert(!matches_topic("#", "$SYS/x"));  // [MQTT-4.7.2-1]
static_assert(!matches_topic("+/monitor/clients", "$SYS/monitor/clients"));
static_assert(matches_topic("$SYS/#", "$SYS/x"));
static_assert(!matches_topic("A", "a"));

/// AMQP 0-9-1 §3.1.3.3: does a queue that is bound by this key get what bears that one? Both whole, neither validated.
/// "#" may come once.
constexpr bool matches_key(std::string_view binding, std::string_view key) {
    bool is_over = key.empty();  // no words at all
    for (;;) {
        const auto binding_end = binding.find('.'), key_end = key.find('.');
        const auto word = binding.substr(0, binding_end);
        if (word == "#") {
            if (binding_end == std::string_view::npos)
                return true;
            // What follows is as many words from the end.
            binding.remove_prefix(binding_end + 1);
            for (;;) {
                if (matches_key(binding, key))
                    return true;
                const auto next = key.find('.');
                if (next == std::string_view::npos)
                    return false;
                key.remove_prefix(next + 1);
            }
        }
        if (is_over || (word != "*" && word != key.substr(0, key_end)))
            return false;
        is_over = key_end == std::string_view::npos;
        if (binding_end == std::string_view::npos)
            return is_over;
        binding.remove_prefix(binding_end + 1);
        key.remove_prefix(is_over ? key.size() : key_end + 1);
    }
}

static_assert(matches_key("a.b", "a.b"));
static_assert(!matches_key("a.b", "a"));
static_assert(!matches_key("a", "a.b"));
static_assert(matches_key("a.*", "a.b"));
static_assert(!matches_key("a.*", "a"));
static_assert(!matches_key("a.*", "a.b.c"));
static_assert(matches_key("a.#", "a"));
static_assert(matches_key("a.#", "a.b.c"));
static_assert(matches_key("#", ""));
static_assert(matches_key("#", "a.b"));
static_assert(matches_key("#.z", "z"));
static_assert(matches_key("#.z", "a.b.z"));
static_assert(!matches_key("#.z", "a.z.b"));
static_assert(matches_key("a.#.z", "a.z"));
static_assert(matches_key("a.#.*", "a.b"));
static_assert(!matches_key("a.#.*", "a"));
static_assert(matches_key("a.+", "a.+"));
static_assert(matches_key("$a.#", "$a"));
static_assert(!matches_key("A", "a"));

constexpr bool matches(std::string_view filter, std::string_view address, AddressKind kind) {
    return kind == AddressKind::topic ? matches_topic(filter, address) : matches_key(filter, address);
}

}  // namespace mucbridge
