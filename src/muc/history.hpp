#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/past_line.hpp"
#include "core/time.hpp"

namespace mucbridge {

/// How much of the past a joiner wants. XEP-0045 §7.2.14.
struct HistoryWish {
    std::optional<std::size_t> max_characters = {}, max_stanzas = {};
    std::optional<std::chrono::seconds> seconds = {};
    std::optional<WallTime> since = {};
};

/// The last lines of a room, for those who come later. XEP-0045 §7.2.13. A persistent room has an archive beside it,
/// which is behind it by what is not yet written.
class History {
public:
    using Entry = PastLine;
    /// Lines of the archive that are numbered below `before` and were shown `since` then (none: ever), the latest so
    /// many, oldest first.
    using Archive =
        std::function<std::vector<Entry>(std::uint64_t before, std::optional<WallTime> since, std::size_t most)>;
    /// What a joiner is shown; it must not outlive what it was taken from.
    struct Past {
        std::vector<Entry> archived;
        std::vector<const Entry*> recent;  // after those
    };

    /// `limit`: what is shown to one who wishes nothing, and kept; `most`: what is shown at most, where there is an
    /// archive.
    History(std::size_t limit, std::size_t most) : limit_(limit), most_(most) {}

    /// Numbers it, and returns the number.
    std::uint64_t add(Entry entry);
    /// From now on with an archive: whose last lines, oldest first, are these, and whose next number is this.
    void set_archive(Archive archive, std::vector<Entry> latest, std::uint64_t next_number);
    /// The archive has all up to that number.
    void on_archived(std::uint64_t number);
    /// The latest entries that meet every part of the wish, oldest first. Characters are those of whole stanzas, none
    /// counted too few; `addresses`: those of the room, thrice, and of the joiner, which each of them bears.
    Past wanted(const HistoryWish& wish, WallTime now, std::size_t addresses) const;

private:
    void trim();

    std::size_t limit_, most_;
    std::deque<Entry> entries_;
    std::uint64_t next_number_ = 1;
    Archive archive_;
    std::uint64_t archived_ = 0;
};

}  // namespace mucbridge
