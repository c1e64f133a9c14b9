#include <algorithm>

#include "muc/nick.hpp"
#include "muc/room.hpp"

namespace mucbridge {

Effects Room::on_presence(const Visitor& visitor, std::string nick, Bytes extra, std::string id, Now) {
    Effects effects;
    Occupant* occupant = occupants_.find(visitor.jid);
    if (!occupant) {
        if (Waiter* waiter = find_waiter(visitor.jid)) {
            waiter->request.nick = std::move(nick);
            waiter->request.extra = std::move(extra);
            return effects;
        }
        effects.emplace_back(Refuse{visitor.route,
                                    Refuse::Kind::presence,
                                    std::move(nick),
                                    std::move(id),
                                    {},
                                    {Condition::not_acceptable, "you are not in this room", ErrorType::modify}});
        return effects;
    }
    if (nick != occupant->speaker->nick) {
        if (auto error = nick_refusal(nick, occupant->speaker->real, occupant))
            effects.emplace_back(
                Refuse{visitor.route, Refuse::Kind::presence, std::move(nick), std::move(id), {}, *std::move(error)});
        else
            change_nick(effects, *occupant, visitor, nick, std::move(extra), id);
        return effects;
    }
    occupants_.attend(*occupant, {visitor.route, visitor.jid, extra});
    ShowPresence shown;
    shown.occupant.extra = std::move(extra);
    show_to_others(effects, *occupant, shown, visitor.jid);
    shown.id = std::move(id);
    show_to_self(effects, *occupant, std::move(shown), make_audience(*occupant));
    return effects;
}

Effects Room::on_leave(const Visitor& visitor, Bytes extra, Now now) {
    Effects effects;
    go(effects, visitor, std::move(extra), {}, true, now);
    return effects;
}

Effects Room::on_gone(const Visitor& visitor, std::vector<int> statuses, Now now) {
    Effects effects;
    go(effects, visitor, nullptr, std::move(statuses), false, now);
    return effects;
}

/// `with_goodbye`: the session is told that it is out. XEP-0045 §7.14.
void Room::go(Effects& effects, const Visitor& visitor, Bytes extra, std::vector<int> statuses, bool with_goodbye,
              Now now) {
    Occupant* occupant = occupants_.find(visitor.jid);
    if (!occupant) {
        if (Waiter* waiter = find_waiter(visitor.jid)) {
            // One that says something and goes at once still wants it said.
            waiter->has_left = true;
            std::erase_if(waiting_, [](const Waiter& each) { return each.has_left && each.said.empty(); });
            start_lingering(now);
        }
        return;
    }
    ShowPresence shown;
    shown.available = false;
    shown.statuses = std::move(statuses);
    shown.occupant.extra = std::move(extra);
    if (with_goodbye)
        show_to_self(effects, *occupant, shown, make_audience(visitor.route));
    if (occupant->sessions.size() == 1) {
        show_to_others(effects, *occupant, shown, visitor.jid);
        occupants_.remove(*occupant, visitor.jid);
        start_lingering(now);
        return;
    }
    const Bytes seen = occupant->shown().extra;
    occupants_.remove(*occupant, visitor.jid);
    if (is_equal(seen, occupant->shown().extra))
        return;
    // The presence that others saw was that of the session that went; the user is still there with another.
    ShowPresence rest;
    rest.occupant.extra = occupant->shown().extra;
    show_to_others(effects, *occupant, rest, occupant->shown().jid);
}

/// XEP-0045 §7.6: unavailable under the old nick with the new one, then available under the new one. All of the user's
/// sessions change, for they are one occupant.
void Room::change_nick(Effects& effects, Occupant& occupant, const Visitor& visitor, const std::string& nick,
                       Bytes extra, const std::string& id) {
    ShowPresence old;
    old.available = false;
    old.statuses = {303};
    old.new_nick = nick;
    show_to_others(effects, occupant, old, visitor.jid);
    show_to_self(effects, occupant, old, make_audience(occupant));
    occupants_.rename(occupant, make_speaker(nick, occupant.speaker->real));
    occupants_.attend(occupant, {visitor.route, visitor.jid, extra});
    ShowPresence shown;
    shown.occupant.extra = std::move(extra);
    show_to_others(effects, occupant, shown, visitor.jid);
    shown.id = id;
    show_to_self(effects, occupant, std::move(shown), make_audience(occupant));
}

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

/// Everybody else, to one who enters.
void Room::show_occupants(Effects& effects, const Occupant& viewer, const Audience& to) const {
    effects.reserve(effects.size() + occupants_.size() + 8);
    const bool with_jids = sees_jids(viewer.role);
    for (const Occupant& occupant : occupants_.all()) {
        if (&occupant == &viewer)
            continue;
        const Attendance& session = occupant.shown();
        ShowPresence shown;
        shown.to = to;
        shown.occupant = view(occupant, session.extra, with_jids ? &session.jid : nullptr);
        effects.emplace_back(std::move(shown));
    }
}

/// Completes `shown`, of which it takes extra, availability, statuses and new nick.
void Room::show_to_others(Effects& effects, const Occupant& occupant, ShowPresence shown, const Jid& real) const {
    const auto others = occupants_.others(occupant);
    const auto show = [&](const Audience& to, bool with_jid) {
        if (to->empty())
            return;
        ShowPresence one = shown;
        one.to = to;
        one.occupant = view(occupant, shown.occupant.extra, with_jid ? &real : nullptr);
        if (!shown.available && shown.new_nick.empty())
            one.occupant.role = Role::none;
        effects.emplace_back(std::move(one));
    };
    show(others.moderators, sees_jids(Role::moderator));
    show(others.rest, sees_jids(Role::participant));
}

/// The same to sessions of the occupant itself: with 110.
void Room::show_to_self(Effects& effects, const Occupant& occupant, ShowPresence shown, const Audience& to) const {
    shown.to = to;
    shown.statuses.push_back(110);
    std::sort(shown.statuses.begin(), shown.statuses.end());
    shown.occupant =
        view(occupant, std::move(shown.occupant.extra), sees_jids(occupant.role) ? &occupant.shown().jid : nullptr);
    if (!shown.available && shown.new_nick.empty())
        shown.occupant.role = Role::none;
    effects.emplace_back(std::move(shown));
}

}  // namespace mucbridge
