#include "muc/room.hpp"

namespace mucbridge {

/// Each occupant is told once, of nobody but itself. Lines on their way come home first; who enters until then is in a
/// new room already.
Verdict Room::on_destroy(const Visitor& visitor, const Destruction& destruction, Now now) {
    if (affiliation_of(visitor.jid) != Affiliation::owner)
        return {StanzaError{Condition::forbidden, "only owners destroy the room"}};
    Verdict verdict;
    keep_change(verdict.effects, ForgetKept{});
    publish_held_back(verdict.effects, now);
    turn_away_waiting(verdict.effects, {Condition::gone, "the room was destroyed"});
    for (const Occupant& occupant : occupants_.all()) {
        ShowPresence shown;
        shown.to = make_audience(occupant);
        shown.occupant = view(occupant, nullptr, nullptr);
        shown.occupant.affiliation = Affiliation::none;
        shown.occupant.role = Role::none;
        shown.available = false;
        shown.statuses = {110};
        shown.destruction = destruction;
        verdict.effects.emplace_back(std::move(shown));
    }
    occupants_.clear();
    told_of_outage_.clear();
    forget();
    is_open_ = false;
    is_destroyed_ = true;
    lingers_until_ = now.tick;
    close_if_over(verdict.effects, now);
    return verdict;
}

/// What an owner, or anybody inside, made of the room.
void Room::forget() {
    options_ = first_options_;
    options_.persistent = options_.persistent || wiring_.persistent;
    affiliations_.clear();
    history_ = History{limits_.history_lines, limits_.past_lines};
    subject_ = {};
    invitations_.clear();
}

}  // namespace mucbridge
