#pragma once

#include <cstdint>

namespace mucbridge {

/// What a loop's rooms have seen since the start.
struct Counters {
    std::uint64_t published = 0, refused = 0, said = 0, foreign = 0, duplicates = 0;
    std::uint64_t mirrored = 0;       // given to a mirror; a line with two mirrors counts twice
    std::uint64_t not_mirrored = 0;   // got not from home to a mirror, or not from a mirror home
    std::uint64_t not_echoed = 0;     // accepted, said although they did not come back in time
    std::uint64_t not_confirmed = 0;  // nobody knows; their speakers were told
    std::uint64_t spooled = 0;        // went to disk, for their broker was away or behind
    std::uint64_t dropped = 0;        // came when too many waited for their room, whose rule says drop-oldest
    std::uint64_t archived = 0;       // by persistent rooms

    Counters& operator+=(const Counters& other) {
        published += other.published;
        refused += other.refused;
        said += other.said;
        foreign += other.foreign;
        duplicates += other.duplicates;
        mirrored += other.mirrored;
        not_mirrored += other.not_mirrored;
        not_echoed += other.not_echoed;
        not_confirmed += other.not_confirmed;
        spooled += other.spooled;
        dropped += other.dropped;
        archived += other.archived;
        return *this;
    }
};

}  // namespace mucbridge
