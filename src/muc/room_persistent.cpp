#include <utility>

#include "muc/room.hpp"

namespace mucbridge {

/// Somebody entered it, and it is to be there whoever is inside.
bool Room::is_persistent() const { return is_open_ && options_.persistent; }

bool Room::keeps(const Jid& bare) const { return !wiring_.access.is_kept || wiring_.access.is_kept(bare); }

RestoredRoom::Right Room::kept_right(const Jid& bare) const {
    const Affiliations::Standing* standing = keeps(bare) ? affiliations_.find(bare) : nullptr;
    return standing ? RestoredRoom::Right{bare, standing->affiliation, standing->nick} : RestoredRoom::Right{bare};
}

std::vector<RestoredRoom::Right> Room::kept_rights() const {
    std::vector<RestoredRoom::Right> rights;
    for (const auto& [bare, standing] : affiliations_.all())
        if (keeps(bare))
            rights.push_back({bare, standing.affiliation, standing.nick});
    return rights;
}

void Room::set_standing(Effects& effects, const Jid& bare, Affiliations::Standing standing) {
    affiliations_.set(bare, std::move(standing));
    if (keeps(bare))
        keep_change(effects, KeepRight{bare});
}

void Room::keep_change(Effects& effects, Effect change) const {
    if (is_persistent())
        effects.push_back(std::move(change));
}

/// The options are others now; whether the room is persistent may be among them.
void Room::keep_options(Effects& effects, bool was_persistent, Now now) {
    if (!is_open_)
        return;  // nothing is kept of it before somebody enters
    if (!options_.persistent && was_persistent) {
        effects.emplace_back(ForgetKept{});
        return start_lingering(now);
    }
    if (options_.persistent)
        lingers_until_.reset();
    keep_change(effects, was_persistent ? Effect{KeepOptions{}} : Effect{KeepRoom{}});
}

/// A rule makes its rooms persistent. What it did stays when it no longer says so: the room is its owners' to end.
void Room::follow_rule(Effects& effects, Now now) {
    if (wiring_.persistent && !std::exchange(options_.persistent, true))
        keep_options(effects, false, now);
}

std::optional<StanzaError> Room::refuse_persistence(bool wish) const {
    const std::string& rule = wiring_.access.rule;
    if (!wish && wiring_.persistent)
        return StanzaError{Condition::not_acceptable,
                           (rule.empty() ? "the configuration" : rule) + " makes this room persistent"};
    return wish && !options_.persistent ? refuse_one_more() : std::nullopt;
}

std::optional<StanzaError> Room::refuse_one_more() const {
    if (!wiring_.access.may_persist || wiring_.access.may_persist())
        return std::nullopt;
    return StanzaError{Condition::resource_constraint,
                       "there are as many persistent rooms as there may be (limits/persistent_rooms)", ErrorType::wait};
}

}  // namespace mucbridge
