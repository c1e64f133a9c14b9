#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/topic_filter.hpp"

namespace mucbridge {

/// A name taken apart at its separators, each level in its real characters: topic "plant/hall 1" and
/// room "plant.hall\201" are both {"plant", "hall 1"}.
using Levels = std::vector<std::string>;

Levels split_topic(std::string_view topic);
std::string join_topic(const Levels& levels);

/// What the placeholders of a pattern stand for: one level, or part of one; several levels where a placeholder spans.
using Values = std::map<std::string, Levels, std::less<>>;

/// A rule's spelling of many names: "{name}", "plant.{line}", "factory/{line}/chat", "sensors/+/{room}/#".
/// A level holds at most one placeholder, with or without text around it. A placeholder is one level, or its part of
/// one, unless it spans (see span_last()).
class Pattern {
public:
    enum class Kind {
        room,     // levels parted by '.', written as a JID's localpart: XEP-0106 escapes are understood
        address,  // an MQTT topic: no wildcards
        filter,   // an MQTT topic filter: "+" is a level, "#" is the last one
    };

    /// Errors say what is wrong with the text, not where the text is.
    static Result<Pattern> parse(std::string_view text, Kind kind);

    /// The placeholders, in order.
    const std::vector<std::string>& names() const { return names_; }
    bool has(std::string_view name) const;
    /// The placeholder that is the whole last level, if there is one: it alone can span.
    const std::string* last_placeholder() const;
    /// From now on the last placeholder stands for one level or more.
    void span_last() { spans_ = true; }

    /// What each placeholder would have to be for these levels; none: they are not of this pattern.
    std::optional<Values> match(const Levels& levels) const;
    /// The other way. Wants a value for each placeholder; wildcards stay.
    Levels fill(const Values& values) const;
    /// Whether the first character is the pattern's own and not a placeholder's.
    bool begins_with_text() const { return !levels_.front().before.empty(); }

    struct Level {
        enum class Kind { text, placeholder, one, rest } kind = Kind::text;
        std::string before, name, after;  // of text: `before` alone
    };
    const std::vector<Level>& levels() const { return levels_; }
    bool spans() const { return spans_; }

private:
    static Result<Level> parse_level(std::string_view text, Kind kind);
    Result<void> add(Level level);
    static bool match_level(const Level& level, const std::string& text, Values& values);

    std::vector<Level> levels_;
    std::vector<std::string> names_;
    bool spans_ = false;
};

}  // namespace mucbridge
