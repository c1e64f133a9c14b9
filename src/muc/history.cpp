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

std::uint64_t History::add(Entry entry) {
    entry.number = next_number_++;
    entries_.push_back(std::move(entry));
    trim();
    return next_number_ - 1;
}

/// What the archive does not have yet is not dropped, within bounds.
void History::trim() {
    while (entries_.size() > limit_ &&
           (!archive_ || entries_.front().number <= archived_ || entries_.size() > limit_ + most_))
        entries_.pop_front();
}

void History::set_archive(Archive archive, std::vector<Entry> latest, std::uint64_t next_number) {
    archive_ = std::move(archive);
    next_number_ = std::max(next_number_, next_number);
    for (auto entry = latest.rbegin(); entry != latest.rend() && entries_.size() < limit_; ++entry)
        entries_.push_front(std::move(*entry));
    archived_ = std::max(archived_, next_number - 1);
}

void History::on_archived(std::uint64_t number) {
    archived_ = std::max(archived_, number);
    trim();
}

/// By the time at which the room showed them: a line that was late is news to one who left before.
History::Past History::wanted(const HistoryWish& wish, WallTime now, std::size_t addresses) const {
    Past past;
    if (limit_ == 0)
        return past;
    const std::optional<WallTime> from = earliest(wish, now);
    const bool wants_more = archive_ && (from || wish.max_stanzas);
    const std::size_t most = std::min(wish.max_stanzas.value_or(most_), wants_more ? most_ : limit_);
    std::size_t characters = 0;
    const auto fits = [&](const Entry& entry) {
        characters += wish.max_characters ? characters_of(entry) + addresses : 0;
        return !wish.max_characters || characters <= *wish.max_characters;
    };
    bool is_over = false;
    for (auto entry = entries_.rbegin(); entry != entries_.rend() && !is_over; ++entry) {
        is_over = past.recent.size() >= most || (from && entry->shown_at < *from) || !fits(*entry);
        if (!is_over)
            past.recent.push_back(&*entry);
    }
    std::reverse(past.recent.begin(), past.recent.end());
    if (is_over || !wants_more || past.recent.size() >= most)
        return past;
    past.archived =
        archive_(entries_.empty() ? next_number_ : entries_.front().number, from, most - past.recent.size());
    const auto first = std::find_if_not(past.archived.rbegin(), past.archived.rend(), fits);
    past.archived.erase(past.archived.begin(), first.base());
    return past;
}

}  // namespace mucbridge
