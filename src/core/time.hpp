#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mucbridge {

/// The time of day, for stamps that leave the process.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
/// The time that only runs forward, for deadlines.
using Tick = std::chrono::steady_clock::time_point;

/// Both clocks at one moment. Pure code is given it as an argument and never asks for it.
struct Now {
    Tick tick;
    WallTime wall;
};

/// Asks the system's clocks: for the edge of the program alone.
Now read_clocks();

/// "2026-11-22T15:40:58.123Z" (XEP-0082 §3.2, RFC 3339), always UTC and milliseconds.
std::string to_rfc3339(WallTime time);

/// "2026-11-22T15:40:58Z", "2026-11-22T15:40:58.5+01:00". Fractions beyond milliseconds are cut.
Result<WallTime> parse_rfc3339(std::string_view text);

}  // namespace mucbridge
