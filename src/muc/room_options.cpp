#include <utility>

#include "muc/room.hpp"

namespace mucbridge {

/// Roles stay as they are: a change of the room's type is not among what changes them (§5.1.3), so one who may speak
/// may go on when the room becomes moderated, and one without voice asks for it or enters anew when it no longer is.
Verdict Room::on_options(const Visitor& visitor, RoomOptions options, Now now) {
    if (affiliation_of(visitor.jid) != Affiliation::owner)
        return {StanzaError{Condition::forbidden, "only owners configure the room"}};
    if (auto error = refuse_persistence(options.persistent))
        return {std::move(error)};
    Verdict verdict;
    if (options == options_)
        return verdict;
    // Who has to go is told of, and goes, while JIDs are as secret as they were at the door.
    if (options.members_only && !options_.members_only)
        remove_strangers(verdict.effects, now);
    const RoomOptions before = std::exchange(options_, std::move(options));
    keep_options(verdict.effects, before.persistent, now);
    show_configured(verdict.effects, before);
    show_broadcast(verdict.effects, before.broadcast);
    return verdict;
}

/// XEP-0045 §10.2: the room is now for members only.
void Room::remove_strangers(Effects& effects, Now now) {
    ShowPresence how;
    how.statuses = {322};
    const auto is_stranger = [](const Occupant& occupant) { return occupant.affiliation < Affiliation::member; };
    remove_occupants(effects, occupants_.which(is_stranger), std::move(how), now);
}

/// XEP-0045 §10.2.1.
void Room::show_configured(Effects& effects, RoomOptions before) const {
    ShowConfigured shown{occupants_.everyone(), {}};
    const bool is_unmasked = before.semi_anonymous && !options_.semi_anonymous;
    const bool is_masked = !before.semi_anonymous && options_.semi_anonymous;
    before.semi_anonymous = options_.semi_anonymous;
    if (before != options_)
        shown.statuses.push_back(104);
    if (is_unmasked)
        shown.statuses.push_back(172);
    if (is_masked)
        shown.statuses.push_back(173);
    if (!shown.to->empty())
        effects.emplace_back(std::move(shown));
}

/// Occupants whose role is no longer broadcast go out of the others' sight, those whose role now is come into it.
void Room::show_broadcast(Effects& effects, const PresenceBroadcast& before) const {
    for (const Occupant& occupant : occupants_.all()) {
        const bool is_shown = options_.broadcast.shows(occupant.role);
        if (is_shown == before.shows(occupant.role))
            continue;
        ShowPresence shown;
        shown.available = is_shown;
        if (is_shown)
            shown.occupant.extra = occupant.shown().extra;
        show_to(effects, occupants_.others(&occupant), occupant, shown, occupant.shown().jid);
    }
}

}  // namespace mucbridge
