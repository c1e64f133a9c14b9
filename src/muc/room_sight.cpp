#include "muc/room.hpp"

namespace mucbridge {

std::unordered_set<const Occupant*> Room::moderators() const {
    std::unordered_set<const Occupant*> moderators;
    for (const Occupant& occupant : occupants_.all())
        if (occupant.role == Role::moderator)
            moderators.insert(&occupant);
    return moderators;
}

/// Who has become a moderator since, or no longer is one, is shown the others again: with their real JIDs, or without.
/// `before` may hold occupants that are gone.
void Room::show_jids_anew(Effects& effects, const std::unordered_set<const Occupant*>& before) const {
    if (!options_.semi_anonymous)
        return;
    std::vector<const Occupant*> gained, lost;
    for (const Occupant& occupant : occupants_.all())
        if (before.contains(&occupant) != (occupant.role == Role::moderator))
            (occupant.role == Role::moderator ? gained : lost).push_back(&occupant);
    show_all_to(effects, gained, true);
    show_all_to(effects, lost, false);
}

void Room::show_all_to(Effects& effects, const std::vector<const Occupant*>& viewers, bool with_jids) const {
    const auto sessions_but_of = [&](const Occupant* one) {
        auto routes = std::make_shared<std::vector<Route>>();
        for (const Occupant* viewer : viewers)
            if (viewer != one)
                for (const Attendance& session : viewer->sessions)
                    routes->push_back(session.route);
        return routes;
    };
    const Audience all = sessions_but_of(nullptr);
    if (all->empty())
        return;
    const std::unordered_set<const Occupant*> among{viewers.begin(), viewers.end()};
    for (const Occupant& occupant : occupants_.all()) {
        const Audience to = among.contains(&occupant) ? sessions_but_of(&occupant) : all;
        if (!to->empty() && options_.broadcast.shows(occupant.role))
            effects.emplace_back(view_present(occupant, with_jids, to));
    }
}

}  // namespace mucbridge
