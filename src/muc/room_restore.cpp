#include "muc/room.hpp"

namespace mucbridge {

/// Open, with nobody inside: what the broker kept meanwhile is heard. It is no new room, and so who comes first is not
/// told 201, nor made its owner if it has one.
Effects Room::restore(RestoredRoom restored, Now now) {
    options_ = std::move(restored.options);
    options_.persistent = true;
    for (RestoredRoom::Right& right : restored.rights)
        affiliations_.set(std::move(right.bare), {right.affiliation, std::move(right.nick), {}});
    if (restored.subject)
        subject_ = *std::move(restored.subject);
    is_open_ = true;
    Effects effects;
    if (wiring_.reads)
        subscribe(effects, now);
    subscribe_mirrors(effects);
    return effects;
}

/// Restored, and everybody whom it was for is forgotten (RoomAccess::is_kept): nobody would get in again.
bool Room::is_orphaned() const {
    const auto count = [&](Affiliation affiliation) { return affiliations_.count(affiliation); };
    return is_open_ && count(Affiliation::owner) + count(Affiliation::admin) + count(Affiliation::member) == 0;
}

}  // namespace mucbridge
