#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.hpp"
#include "core/result.hpp"

namespace mucbridge {

/// What the placeholders of a pattern stand for: one level, or part of one; several levels where a placeholder spans.
using Values = std::map<std::string, Levels, std::less<>>;

/// A rule's spelling of many names: "{name}", "plant.{line}", "factory/{line}/chat", "sensors/+/{room}/#".
/// A level holds at most one placeholder, with or without text around it. A placeholder is one level, or its part of
/// one, unless it spans (see span_last()).
class Pattern {
public:
    enum class Kind {
        room,     // levels parted by '.', written as a JID's localpart: XEP-0106 escapes are understood
        address,  // no wildcards
        filter,   // wildcards are whole levels; "#" comes once, and in an MQTT topic filter last
    };

    /// Errors say what is wrong with the text, not where the text is.
    static Result<Pattern> parse(std::string_view text, Kind kind, AddressKind spelling = AddressKind::topic);

    /// The placeholders, in order.
    const std::vector<std::string>& names() const { return names_; }
    bool has(std::string_view name) const;
    /// The placeholder that is the whole last level, if there is one and nothing before it is open: it alone can span.
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
    /// Which level stands for any number of them; the count of levels where none does.
    std::size_t rest_at() const;

private:
    static Result<Level> parse_level(std::string_view text, Kind kind, AddressKind spelling);
    Result<void> add(Level level);
    static bool match_level(const Level& level, const std::string& text, Values& values);

    std::vector<Level> levels_;
    std::vector<std::string> names_;
    bool spans_ = false;
    AddressKind spelling_ = AddressKind::topic;
};

}  // namespace mucbridge
