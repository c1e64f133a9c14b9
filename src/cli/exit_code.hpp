#pragma once

namespace mucbridge {

/// What every subcommand ends with; the numbers are sysexits(3)'s.
namespace exit_code {
inline constexpr int ok = 0;
inline constexpr int usage = 64;        // the command line is wrong
inline constexpr int unavailable = 69;  // nobody there, or a refusal
inline constexpr int internal = 70;     // a bug of ours
inline constexpr int try_again = 75;    // not ready, not confirmed, not in time
inline constexpr int configuration = 78;
}  // namespace exit_code

}  // namespace mucbridge
