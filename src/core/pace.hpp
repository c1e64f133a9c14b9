#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "core/time.hpp"

namespace mucbridge {

/// How fast somebody goes: so many a second, and a second's worth at once. What is taken beyond that is owed, and paid
/// by waiting. (A token bucket, kept as the moment at which it is no longer overdrawn.)
class Pace {
public:
    /// `rate` is per second; 0: nothing is counted.
    void take(std::size_t amount, std::size_t rate, Tick now) {
        if (rate == 0)
            return;
        const std::chrono::duration<double> cost(static_cast<double>(amount) / static_cast<double>(rate));
        ready_at_ = std::max(ready_at_, now - burst) + std::chrono::duration_cast<Tick::duration>(cost);
    }
    /// Nothing is owed from then on.
    Tick ready_at() const { return ready_at_; }

private:
    static constexpr std::chrono::seconds burst{1};

    Tick ready_at_;
};

}  // namespace mucbridge
