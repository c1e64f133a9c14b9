#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/message.hpp"
#include "core/time.hpp"

namespace mucbridge {

/// How much of the past a joiner wants. XEP-0045 §7.2.14.
struct HistoryWish {
    std::optional<std::size_t> max_characters = {}, max_stanzas = {};
    std::optional<std::chrono::seconds> seconds = {};
    std::optional<WallTime> since = {};
};

/// The last lines of a room, for those who come later. XEP-0045 §7.2.13.
class History {
public:
    struct Entry {
        std::string nick, occupant_id;
        Line line;
        WallTime said_at;
    };

    explicit History(std::size_t limit) : limit_(limit) {}

    void add(Entry entry);
    /// The latest entries that meet every part of the wish, oldest first. Characters are those of whole stanzas, none
    /// counted too few; `addresses`: those of the room, thrice, and of the joiner, which each of them bears.
    std::vector<const Entry*> wanted(const HistoryWish& wish, WallTime now, std::size_t addresses) const;
    bool wants_any() const { return limit_ > 0; }

private:
    std::size_t limit_;
    std::deque<Entry> entries_;
};

}  // namespace mucbridge
