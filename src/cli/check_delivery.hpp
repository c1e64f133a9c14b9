#pragma once

namespace mucbridge {

struct Config;
class Problems;

/// Warns where what a rule asks for promises less than its keys seem to: rooms that stay, and what they would miss or
/// lose; rooms that anybody may make stay.
void warn_of_losses(const Config& config, Problems& problems);

}  // namespace mucbridge
