#pragma once

#include <chrono>

namespace mucbridge::bench {

using Tick = std::chrono::steady_clock::time_point;

inline Tick now() { return std::chrono::steady_clock::now(); }
inline double to_seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace mucbridge::bench
