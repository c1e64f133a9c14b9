#pragma once

#include <cstdint>

namespace mucbridge {

/// What a loop's rooms have seen since the start.
struct Counters {
    std::uint64_t published = 0, refused = 0, said = 0, foreign = 0, duplicates = 0;
    std::uint64_t not_echoed = 0;     // accepted, said although they did not come back in time
    std::uint64_t not_confirmed = 0;  // nobody knows; their speakers were told

    Counters& operator+=(const Counters& other) {
        published += other.published;
        refused += other.refused;
        said += other.said;
        foreign += other.foreign;
        duplicates += other.duplicates;
        not_echoed += other.not_echoed;
        not_confirmed += other.not_confirmed;
        return *this;
    }
};

}  // namespace mucbridge
