#include <algorithm>

#include "muc/nick.hpp"
#include "muc/room.hpp"

namespace mucbridge {
namespace {

/// Who is gone has no role any longer, XEP-0045 §7.14; who changes the nick keeps it, §7.6.
void strip_role(ShowPresence& shown) {
    if (!shown.available && shown.new_nick.empty())
        shown.occupant.role = Role::none;
}

/// Who is neither inside under a nick nor to be told of by JID is nobody.
void strip_actor(ShowPresence& shown, bool with_jid) {
    if (shown.actor && !with_jid)
        shown.actor->real_jid.reset();
    if (shown.actor && shown.actor->nick.empty() && !shown.actor->real_jid)
        shown.actor.reset();
}

}  // namespace

std::shared_ptr<const Speaker> Room::make_speaker(const std::string& nick, const Jid& bare) const {
    return std::make_shared<const Speaker>(Speaker{
        nick, fold_nick(nick), occupant_id_ ? occupant_id_(bare) : std::string{}, bare, address_.with_resource(nick)});
}

OccupantView Room::view(const Occupant& occupant, Bytes extra, const Jid* real) const {
    OccupantView view;
    view.nick = occupant.speaker->nick;
    view.occupant_id = occupant.speaker->occupant_id;
    view.affiliation = occupant.affiliation;
    view.role = occupant.role;
    if (real)
        view.real_jid = *real;
    view.extra = std::move(extra);
    return view;
}

/// Everybody else, to one who enters or may see more than before.
void Room::show_occupants(Effects& effects, const Occupant& viewer, const Audience& to) const {
    effects.reserve(effects.size() + occupants_.size() + 8);
    const bool with_jids = sees_jids(viewer.role);
    for (const Occupant& occupant : occupants_.all()) {
        if (&occupant == &viewer || !options_.broadcast.shows(occupant.role))
            continue;
        effects.emplace_back(view_present(occupant, with_jids, to));
    }
    if (options_.broadcast.none)
        show_absent(effects, viewer, to);
}

/// Members with a reserved nick who are not inside, as unavailable: muc#roomconfig_presencebroadcast with "none".
void Room::show_absent(Effects& effects, const Occupant& viewer, const Audience& to) const {
    for (const auto& [bare, standing] : affiliations_.all())
        if (!standing.nick.empty() && occupants_.of_user(bare).empty() && !has_nick(standing.nick))
            effects.emplace_back(view_absent(bare, standing.nick, sees_jids(viewer.role), to));
}

ShowPresence Room::view_present(const Occupant& occupant, bool with_jid, const Audience& to) const {
    const Attendance& session = occupant.shown();
    ShowPresence shown;
    shown.to = to;
    shown.occupant = view(occupant, session.extra, with_jid ? &session.jid : nullptr);
    return shown;
}

/// One who is not inside, under the nick that is reserved for the user.
ShowPresence Room::view_absent(const Jid& bare, const std::string& nick, bool with_jid, const Audience& to) const {
    ShowPresence shown;
    shown.to = to;
    shown.available = false;
    shown.new_nick = nick;
    shown.occupant.nick = nick;
    shown.occupant.affiliation = affiliation_of(bare);
    if (with_jid)
        shown.occupant.real_jid = bare;  // there is no full one of who is not here
    return shown;
}

/// Who bears the nick, or would if it came in; nothing where it is nobody's whose presence is told.
std::optional<ShowPresence> Room::view_by_nick(const std::string& nick, bool with_jid, const Audience& to) const {
    const std::string folded = fold_nick(nick);
    const Occupant* bearer = occupants_.find_nick(folded);
    if (bearer && bearer->speaker->nick == nick && options_.broadcast.shows(bearer->role))
        return view_present(*bearer, with_jid, to);
    const Jid* holder = affiliations_.holder_of(folded);
    if (!bearer && holder && affiliations_.find(*holder)->nick == nick)
        return view_absent(*holder, nick, with_jid, to);
    return std::nullopt;
}

/// Completes `shown`, of which it takes all but addressees and occupant (there, the extra). Nobody is told of an
/// occupant whose role is not broadcast. XEP-0045 §5.1.3, §7.2.2.
void Room::show_to_others(Effects& effects, const Occupant& occupant, const ShowPresence& shown,
                          const Jid& real) const {
    if (options_.broadcast.shows(occupant.role))
        show_to(effects, occupants_.others(&occupant), occupant, shown, real);
}

void Room::show_to(Effects& effects, const Occupants::Others& to, const Occupant& occupant, const ShowPresence& shown,
                   const Jid& real) const {
    const auto show = [&](const Audience& audience, bool with_jid) {
        if (audience->empty())
            return;
        ShowPresence one = shown;
        one.to = audience;
        one.occupant = view(occupant, shown.occupant.extra, with_jid ? &real : nullptr);
        strip_role(one);
        strip_actor(one, with_jid);
        effects.emplace_back(std::move(one));
    };
    show(to.moderators, sees_jids(Role::moderator));
    show(to.rest, sees_jids(Role::participant));
}

/// The same to sessions of the occupant itself: with 110. `real`: of the one session that it is for; null: the one that
/// others are shown.
void Room::show_to_self(Effects& effects, const Occupant& occupant, ShowPresence shown, const Audience& to,
                        const Jid* real) const {
    shown.to = to;
    shown.statuses.push_back(110);
    std::sort(shown.statuses.begin(), shown.statuses.end());
    // One's own JID is no secret, and it is how clients know which session they are shown as.
    shown.occupant = view(occupant, std::move(shown.occupant.extra), real ? real : &occupant.shown().jid);
    strip_role(shown);
    strip_actor(shown, sees_jids(occupant.role));
    effects.emplace_back(std::move(shown));
}

/// After a change of role, affiliation or reserved nick: `before` is the role until now, `how` says who did it and why.
void Room::show_changed(Effects& effects, const Occupant& occupant, Role before, ShowPresence how) const {
    const Jid& real = occupant.shown().jid;
    how.occupant.extra = occupant.shown().extra;
    if (options_.broadcast.shows(occupant.role)) {
        show_to(effects, occupants_.others(&occupant), occupant, how, real);
    } else if (options_.broadcast.shows(before)) {
        ShowPresence gone = how;
        gone.available = false;
        show_to(effects, occupants_.others(&occupant), occupant, gone, real);
    }
    show_to_self(effects, occupant, std::move(how), make_audience(occupant));
}

/// To those who may see real JIDs: of somebody who is not inside. XEP-0045 §9.3, example 195.
void Room::show_affiliation(Effects& effects, ShowAffiliation shown) const {
    if (occupants_.empty())
        return;
    shown.to = options_.semi_anonymous ? occupants_.others(nullptr).moderators : occupants_.everyone();
    if (!shown.to->empty())
        effects.emplace_back(std::move(shown));
}

}  // namespace mucbridge
