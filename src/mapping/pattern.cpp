#include "mapping/pattern.hpp"

#include <algorithm>

#include "core/jid.hpp"
#include "mapping/characters.hpp"
#include "mapping/room_name.hpp"

namespace mucbridge {
namespace {

constexpr std::string_view name_characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/// Text of the pattern itself, in its real characters.
Result<std::string> parse_text(std::string_view text, Pattern::Kind kind, AddressKind address) {
    if (text.empty())
        return std::string{};
    if (kind == Pattern::Kind::room) {
        auto prepared = Jid::prepare_local(text);
        if (!prepared)
            return Error{quoted(text) + " cannot be part of a room's name; written as one it is " +
                         quoted(escape_level(text))};
        return unescape_level(*prepared);
    }
    const auto spelling = spelling_of(address);
    if (has_wildcard(text, address))
        return Error{kind == Pattern::Kind::filter
                         ? "in " + quoted(text) + " the wildcard is not a whole level; want \"" + spelling.one +
                               "\" or \"" + spelling.rest + "\" alone"
                         : quoted(text) +
                               " holds a wildcard, which nothing can be published to; want \"write\" an address, "
                               "or \"direction\": \"in\""};
    if (!is_mqtt_text(text))
        return Error{quoted(text) + " holds what a " + std::string(spelling.address) +
                     " cannot (NUL, control characters, invalid UTF-8)"};
    return std::string{text};
}

}  // namespace

Result<Pattern::Level> Pattern::parse_level(std::string_view text, Kind kind, AddressKind spelling) {
    if (kind == Kind::filter && text.size() == 1 && has_wildcard(text, spelling))
        return Level{text[0] == spelling_of(spelling).one ? Level::Kind::one : Level::Kind::rest, {}, {}, {}};
    const auto open = text.find('{');
    auto before = text.substr(0, open);
    std::string_view name, after;
    if (open != std::string_view::npos) {
        const auto close = text.find('}', open);
        if (close == std::string_view::npos)
            return Error{"in " + quoted(text) + " a { is not closed"};
        name = text.substr(open + 1, close - open - 1);
        after = text.substr(close + 1);
        if (name.empty() || name.find_first_not_of(name_characters) != std::string_view::npos)
            return Error{quoted(text.substr(open, close + 1 - open)) +
                         " is no placeholder; want a name of letters, digits, - and _ in the braces"};
    }
    if (after.starts_with('{'))
        return Error{"in " + quoted(text) + " two placeholders touch; nobody could tell where the first one ends"};
    if (after.find('{') != std::string_view::npos)
        return Error{"in " + quoted(text) + " a level has two placeholders; want at most one between two separators"};
    if (before.find('}') != std::string_view::npos || after.find('}') != std::string_view::npos)
        return Error{"in " + quoted(text) + " a } closes nothing"};
    auto text_before = parse_text(before, kind, spelling), text_after = parse_text(after, kind, spelling);
    if (!text_before)
        return text_before.error();
    if (!text_after)
        return text_after.error();
    return Level{name.empty() ? Level::Kind::text : Level::Kind::placeholder, *text_before, std::string{name},
                 *text_after};
}

Result<void> Pattern::add(Level level) {
    if (rest_at() < levels_.size() && spelling_ == AddressKind::topic)
        return Error{"\"#\" is not the last level"};
    if (rest_at() < levels_.size() && level.kind == Level::Kind::rest)
        return Error{"\"#\" comes twice"};
    if (level.kind == Level::Kind::placeholder) {
        if (has(level.name))
            return Error{"{" + level.name + "} comes twice"};
        // Else a room's name could complete "$share" or "$SYS".
        if (levels_.empty() && level.before.starts_with('$') && spelling_ == AddressKind::topic)
            return Error{"a first level that begins with $ holds a placeholder"};
        names_.push_back(level.name);
    }
    levels_.push_back(std::move(level));
    return {};
}

Result<Pattern> Pattern::parse(std::string_view text, Kind kind, AddressKind spelling) {
    if (text.empty())
        return Error{"is empty"};
    Pattern pattern;
    pattern.spelling_ = spelling;
    // A room's name has its dots as a routing key does.
    for (const auto& part : split_address(text, kind == Kind::room ? AddressKind::routing_key : spelling)) {
        if (part.empty() && kind == Kind::room)
            return Error{quoted(text) + " has an empty level; want something on both sides of each dot"};
        auto level = parse_level(part, kind, spelling);
        if (!level)
            return level.error();
        if (const auto added = pattern.add(std::move(*level)); !added)
            return Error{"in " + quoted(text) + " " + added.error().text};
    }
    return pattern;
}

bool Pattern::has(std::string_view name) const { return std::find(names_.begin(), names_.end(), name) != names_.end(); }

std::size_t Pattern::rest_at() const {
    const auto rest = std::find_if(levels_.begin(), levels_.end(),
                                   [](const Level& level) { return level.kind == Level::Kind::rest; });
    return static_cast<std::size_t>(rest - levels_.begin());
}

const std::string* Pattern::last_placeholder() const {
    const auto& last = levels_.back();
    const bool whole = last.kind == Level::Kind::placeholder && last.before.empty() && last.after.empty() &&
                       rest_at() == levels_.size();
    return whole ? &last.name : nullptr;
}

bool Pattern::match_level(const Level& level, const std::string& text, Values& values) {
    if (level.kind == Level::Kind::text)
        return text == level.before;
    if (level.kind == Level::Kind::one)
        return true;
    const auto around = level.before.size() + level.after.size();
    if (text.size() <= around || !text.starts_with(level.before) || !text.ends_with(level.after))
        return false;
    values[level.name] = {text.substr(level.before.size(), text.size() - around)};
    return true;
}

std::optional<Values> Pattern::match(const Levels& levels) const {
    const auto rest = rest_at();
    const bool is_open = rest < levels_.size();
    const auto count = levels_.size() - (is_open ? 1 : 0);
    if (levels.size() < count || (levels.size() > count && !is_open && !spans_))
        return std::nullopt;
    Values values;
    for (std::size_t i = 0; i < rest; ++i)
        if (!match_level(levels_[i], levels[i], values))
            return std::nullopt;
    for (std::size_t i = rest + 1; i < levels_.size(); ++i)
        if (!match_level(levels_[i], levels[levels.size() - (levels_.size() - i)], values))
            return std::nullopt;
    if (!spans_)
        return values;
    auto& last = values[levels_.back().name];
    last.insert(last.end(), levels.begin() + static_cast<std::ptrdiff_t>(count), levels.end());
    if (std::any_of(last.begin(), last.end(), [](const auto& level) { return level.empty(); }))
        return std::nullopt;
    return values;
}

Levels Pattern::fill(const Values& values) const {
    const auto spelling = spelling_of(spelling_);
    Levels levels;
    for (const auto& level : levels_) {
        if (level.kind == Level::Kind::text)
            levels.push_back(level.before);
        else if (level.kind == Level::Kind::one)
            levels.emplace_back(1, spelling.one);
        else if (level.kind == Level::Kind::rest)
            levels.emplace_back(1, spelling.rest);
        else {
            const auto& value = values.at(level.name);
            for (const auto& part : value)
                levels.push_back(level.before + part + level.after);
        }
    }
    return levels;
}

}  // namespace mucbridge
