#pragma once

#include <cstdint>
#include <string>

#include "core/message.hpp"
#include "core/time.hpp"

namespace mucbridge {

/// A line that a room has said, as those who come later are shown it, and as the archive keeps it.
struct PastLine {
    std::uint64_t number = 0;  // in the order in which the room said them
    std::string nick, occupant_id;
    Line line;
    WallTime said_at;       // by its speaker
    WallTime shown_at;      // by the room; later than that after an outage
    WallTime published_at;  // as far as the room knows: of the latest publication
    bool is_ours = false;   // said by an occupant of this very room
    std::string heard_id;   // that a publisher gave it; empty: none
};

}  // namespace mucbridge
