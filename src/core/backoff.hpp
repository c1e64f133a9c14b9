#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace mucbridge {

/// How long to wait before trying again: at random between the shortest delay and a ceiling that doubles with every
/// failure, so that many who lost the same server do not come back in step (full jitter).
class Backoff {
public:
    using Delay = std::chrono::milliseconds;

    Backoff(Delay shortest, Delay first, Delay longest) : shortest_(shortest), first_(first), longest_(longest) {}

    Delay next() {
        const Delay ceiling = std::min(longest_, first_ * (1 << std::min(failures_, 16U)));
        ++failures_;
        return Delay(std::uniform_int_distribution(shortest_.count(), std::max(shortest_, ceiling).count())(random_));
    }
    /// It has worked: the next failure is the first.
    void reset() { failures_ = 0; }

private:
    Delay shortest_, first_, longest_;
    unsigned failures_ = 0;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace mucbridge
