#include "bench/latencies.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mucbridge::bench {

namespace {

// Up to 127 ns each has its own class; from there on each power of two has 64.
std::size_t to_class(std::uint64_t nanoseconds) {
    const int shift = std::max(0, static_cast<int>(std::bit_width(nanoseconds)) - 7);
    return static_cast<std::size_t>(shift) * 64 + (nanoseconds >> shift);
}

std::uint64_t upper_end(std::size_t index) {
    if (index < 128)
        return index;
    const std::size_t shift = index / 64 - 1;
    return ((64 + index % 64 + 1) << shift) - 1;
}

}  // namespace

void Latencies::add(std::chrono::nanoseconds time) {
    ++classes_[to_class(static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count())))];
    ++count_;
}

std::chrono::nanoseconds Latencies::quantile(double share) const {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t index = 0; index < classes_.size() && wanted > 0; ++index)
        if (seen += classes_[index]; seen >= wanted)
            return std::chrono::nanoseconds(upper_end(index));
    return std::chrono::nanoseconds::zero();
}

}  // namespace mucbridge::bench
