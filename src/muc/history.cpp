#include "muc/history.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace mucbridge {
namespace {

/// A wish for more seconds than this is one for everything, and must not overflow.
constexpr std::chrono::seconds a_century = std::chrono::hours{24 * 36525};

/// What every line of the past is written with, but for what varies: <message>, <body>, <stanza-id>, <occupant-id>,
/// <delay>, their namespaces, attributes and the time.
constexpr std::size_t fixed_characters = 295;

/// As XML has it: "&" is written as "&amp;".
std::size_t written(std::string_view text) {
    std::size_t count = count_characters(text);
    for (const char character : text)
        count += character == '&' ? 4 : character == '<' || character == '>' ? 3 : 0;
    return count;
}

/// In an attribute: "'" is written as "&apos;".
std::size_t written_quoted(std::string_view text) {
    const auto quotes = std::count_if(text.begin(), text.end(), [](char each) { return each == '\'' || each == '"'; });
    return written(text) + 5 * static_cast<std::size_t>(quotes);
}

std::size_t characters_of(const History::Entry& entry) {
    const Line& line = entry.line;
    std::size_t count = fixed_characters + written_quoted(entry.nick) + written_quoted(line.id) +
                        line.stanza_id.size() + entry.occupant_id.size() + line.lang.size();
    if (line.body)
        count += written(*line.body);
    if (line.subject)
        count += written(*line.subject);
    if (line.extra)
        count += count_characters(*line.extra);
    return count;
}

std::optional<WallTime> earliest(const HistoryWish& wish, WallTime now) {
    std::optional<WallTime> from = wish.since;
    if (wish.seconds && *wish.seconds < a_century) {
        const WallTime then = now - std::max(*wish.seconds, std::chrono::seconds{0});
        from = from ? std::max(*from, then) : then;
    }
    return from;
}

}  // namespace

void History::add(Entry entry) {
    if (limit_ == 0)
        return;
    if (entries_.size() == limit_)
        entries_.pop_front();
    entries_.push_back(std::move(entry));
}

std::vector<const History::Entry*> History::wanted(const HistoryWish& wish, WallTime now, std::size_t addresses) const {
    std::vector<const Entry*> chosen;
    const std::optional<WallTime> from = earliest(wish, now);
    std::size_t characters = 0;
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
        if (wish.max_stanzas && chosen.size() >= *wish.max_stanzas)
            break;
        // Lines are kept in the order in which they came, which outages make differ from the order of their stamps.
        if (from && entry->said_at < *from)
            continue;
        characters += wish.max_characters ? characters_of(*entry) + addresses : 0;
        if (wish.max_characters && characters > *wish.max_characters)
            break;
        chosen.push_back(&*entry);
    }
    std::reverse(chosen.begin(), chosen.end());
    return chosen;
}

}  // namespace mucbridge
