#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace mucbridge::bench {

/// How long each of many things took, in classes that are at most 1.6 % wide.
class Latencies {
public:
    void add(std::chrono::nanoseconds time);
    /// The time that this share of them (0 to 1) did not exceed; zero where there were none.
    std::chrono::nanoseconds quantile(double share) const;
    std::uint64_t count() const { return count_; }

private:
    std::array<std::uint64_t, 60 * 64> classes_{};
    std::uint64_t count_ = 0;
};

}  // namespace mucbridge::bench
