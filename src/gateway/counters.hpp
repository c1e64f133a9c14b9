#pragma once

#include <cstdint>

namespace mucbridge {

/// What a loop's rooms have seen since the start.
struct Counters {
    std::uint64_t published = 0, refused = 0, said = 0, foreign = 0, duplicates = 0, not_confirmed = 0;

    Counters& operator+=(const Counters& other) {
        published += other.published;
        refused += other.refused;
        said += other.said;
        foreign += other.foreign;
        duplicates += other.duplicates;
        not_confirmed += other.not_confirmed;
        return *this;
    }
};

}  // namespace mucbridge
