#pragma once

#include <string_view>

namespace mucbridge {

/// MQTT 5 §4.7: does this filter select this topic? Neither is validated.
constexpr bool matches(std::string_view filter, std::string_view topic) {
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

static_assert(matches("a/b", "a/b"));
static_assert(!matches("a/b", "a/b/c"));
static_assert(!matches("a/b", "a"));
static_assert(matches("a/#", "a"));
static_assert(matches("a/#", "a/b/c"));
static_assert(!matches("a/#", "ab"));
static_assert(matches("#", "a/b"));
static_assert(matches("+/+", "/finance"));
static_assert(matches("/+", "/finance"));
static_assert(!matches("+", "/finance"));
static_assert(matches("sport/+", "sport/"));
static_assert(!matches("sport/+", "sport"));
static_assert(matches("+/tennis/#", "sport/tennis"));
static_assert(!matches("#", "$SYS/x"));  // [MQTT-4.7.2-1]
static_assert(!matches("+/monitor/clients", "$SYS/monitor/clients"));
static_assert(matches("$SYS/#", "$SYS/x"));
static_assert(!matches("A", "a"));

}  // namespace mucbridge
