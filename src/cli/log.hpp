#pragma once

#include <string>

namespace mucbridge {

/// Sends what is logged to stderr, one line each whatever it holds: "2026-11-22T15:40:58.123Z info  message", or as
/// JSON {"time":"...","level":"info","message":"..."}.
void set_up_log(const std::string& format, const std::string& level);

}  // namespace mucbridge
