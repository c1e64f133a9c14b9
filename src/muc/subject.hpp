#pragma once

#include <optional>
#include <string>

#include "core/time.hpp"

namespace mucbridge {

/// What the room is about, and who said so when. XEP-0045 §7.2.15, §8.1.
struct Subject {
    std::string text, lang;
    std::string nick, occupant_id;   // of who set it; empty: nobody did
    std::optional<WallTime> set_at;  // none: never set
};

}  // namespace mucbridge
