#include "muc/nick.hpp"
#include "muc/room.hpp"

namespace mucbridge {

Effects Room::on_presence(const Visitor& visitor, std::string nick, Bytes extra, std::string id, Now,
                          bool nick_was_changed) {
    Effects effects;
    Occupant* occupant = occupants_.find(visitor.jid);
    if (!occupant) {
        if (Waiter* waiter = find_waiter(visitor.jid)) {
            waiter->request.nick = std::move(nick);
            waiter->request.nick_was_changed = nick_was_changed;
            waiter->request.extra = std::move(extra);
            return effects;
        }
        ShowPresence kick = make_kick_of_stranger(std::move(nick));
        kick.to = make_audience(visitor.route);
        kick.id = std::move(id);
        effects.emplace_back(std::move(kick));
        return effects;
    }
    if (nick != occupant->speaker->nick) {
        if (auto error = nick_refusal(nick, occupant->speaker->real, occupant))
            effects.emplace_back(
                Refuse{visitor.route, Refuse::Kind::presence, std::move(nick), std::move(id), {}, *std::move(error)});
        else
            change_nick(effects, *occupant, visitor, nick, std::move(extra), std::move(id), nick_was_changed);
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

/// Told is what the list at the door would tell; oneself, with 110. A probe of the room asks whether one is still
/// inside.
Effects Room::on_probe(const Visitor& visitor, const std::string& nick, std::string id, Now) {
    Effects effects;
    const Occupant* prober = occupants_.find(visitor.jid);
    const Audience to = make_audience(visitor.route);
    if (prober && (nick.empty() || nick == prober->speaker->nick)) {
        ShowPresence self;
        self.id = std::move(id);
        self.occupant.extra = prober->shown().extra;
        show_to_self(effects, *prober, std::move(self), to, &visitor.jid);
        return effects;
    }
    if (auto shown = prober ? view_by_nick(nick, sees_jids(prober->role), to) : std::nullopt) {
        shown->id = std::move(id);
        effects.emplace_back(*std::move(shown));
        return effects;
    }
    effects.emplace_back(
        Refuse{visitor.route,
               Refuse::Kind::presence,
               nick,
               std::move(id),
               {},
               prober ? StanzaError{Condition::item_not_found, "nobody here is called " + nick, ErrorType::cancel}
                      : StanzaError{Condition::not_acceptable, "you are not in this room", ErrorType::cancel}});
    return effects;
}

Effects Room::on_leave(const Visitor& visitor, Bytes extra, Now now) {
    Effects effects;
    go(effects, visitor, std::move(extra), {}, true, now);
    return effects;
}

Effects Room::on_gone(const Visitor& visitor, std::vector<int> statuses, Now now) {
    Effects effects;
    const bool with_goodbye = !statuses.empty();
    go(effects, visitor, nullptr, std::move(statuses), with_goodbye, now);
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
        show_to_self(effects, *occupant, shown, make_audience(visitor.route), &visitor.jid);
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
                       Bytes extra, std::string id, bool nick_was_changed) {
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
    shown.id = std::move(id);
    if (nick_was_changed)
        shown.statuses = {210};
    show_to_self(effects, occupant, std::move(shown), make_audience(occupant));
}

/// Out with all of their sessions, at once: each is told, then those who stay are. `how` says by which statuses, by
/// whom and why.
void Room::remove_occupants(Effects& effects, const std::vector<Occupant*>& leaving, ShowPresence how, Now now) {
    how.available = false;
    std::vector<Occupant> gone;
    gone.reserve(leaving.size());
    for (Occupant* occupant : leaving) {
        show_to_self(effects, *occupant, how, make_audience(*occupant));
        gone.push_back(*occupant);
        for (const Attendance& session : gone.back().sessions)
            occupants_.remove(*occupant, session.jid);
    }
    if (gone.empty())
        return;
    const Occupants::Others rest = occupants_.others(nullptr);
    for (const Occupant& occupant : gone)
        if (options_.broadcast.shows(occupant.role))
            show_to(effects, rest, occupant, how, occupant.shown().jid);
    start_lingering(now);
}

}  // namespace mucbridge
