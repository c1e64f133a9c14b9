#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/time.hpp"

namespace mucbridge {

/// What may happen thousands of times a second is told once a second, with how often it was.
class Seldom {
public:
    /// It happened: how often since it was last told, where it may be told again.
    std::optional<std::uint64_t> count(Tick now) {
        ++untold_;
        if (now < next_)
            return std::nullopt;
        next_ = now + std::chrono::seconds(1);
        return std::exchange(untold_, 0);
    }

private:
    std::uint64_t untold_ = 0;
    Tick next_;
};

}  // namespace mucbridge
