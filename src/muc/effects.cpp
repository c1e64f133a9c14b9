#include "muc/effects.hpp"

namespace mucbridge {

ShowPresence make_kick_of_stranger(std::string nick) {
    ShowPresence kick;
    kick.occupant.nick = std::move(nick);
    kick.available = false;
    kick.statuses = {110, 307, 333};
    kick.reason = "You are not in the room.";
    return kick;
}

}  // namespace mucbridge
