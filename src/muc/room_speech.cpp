#include "core/unique.hpp"
#include "muc/nick.hpp"
#include "muc/room.hpp"

namespace mucbridge {
namespace {

/// What one who is not yet inside may say before the room no longer keeps it.
constexpr std::size_t lines_of_a_waiter = 100;

bool has_body(const Line& line) { return line.body && !line.body->empty(); }
bool is_subject_change(const Line& line) { return line.subject && !line.body; }

}  // namespace

StanzaError Room::not_inside() { return {Condition::not_acceptable, "you are not in this room", ErrorType::modify}; }

Effects Room::refuse_message(const Visitor& visitor, std::string nick, std::string id, std::string type,
                             StanzaError error) {
    Effects effects;
    effects.emplace_back(Refuse{visitor.route, Refuse::Kind::message, std::move(nick), std::move(id), std::move(type),
                                std::move(error)});
    return effects;
}

Effects Room::on_groupchat(const Visitor& visitor, Line line, Now now, Receipt receipt) {
    const auto refuse = [&](Condition condition, std::string text, ErrorType type) {
        return refuse_message(visitor, {}, line.id, "groupchat", {condition, std::move(text), type});
    };
    const Occupant* occupant = occupants_.find(visitor.jid);
    if (!occupant) {
        Waiter* waiter = find_waiter(visitor.jid);
        if (!waiter)
            return refuse_message(visitor, {}, line.id, "groupchat", not_inside());
        if (waiter->said.size() >= lines_of_a_waiter)
            return refuse(Condition::resource_constraint, "too much is said before the room is open", ErrorType::wait);
        waiter->said.emplace_back(std::move(line), std::move(receipt));
        return {};
    }
    // XEP-0045 §7.4: without voice nothing is said in a moderated room.
    if (occupant->role < Role::participant)
        return refuse(Condition::forbidden, "you have no voice in this room", ErrorType::auth);
    if (!has_body(line))
        return say_unpublished(*occupant, visitor, std::move(line), now);
    if (!wiring_.writes)
        return refuse(Condition::not_allowed, "this room only shows what is published at " + reads_what(),
                      ErrorType::cancel);
    if (const auto& may_write = wiring_.access.may_write; may_write && !may_write(visitor.jid.bare()))
        return refuse(Condition::forbidden, access_words("write to", wiring_.home), ErrorType::auth);
    if (in_flight_.size() >= limits_.lines_in_flight)
        return refuse(Condition::resource_constraint,
                      "too many lines of this room are on their way (limits/lines_in_flight_per_room)",
                      ErrorType::wait);
    return say_published(*occupant, visitor, std::move(line), std::move(receipt), now);
}

/// Off to the broker, and shown when it comes back from there.
Effects Room::say_published(const Occupant& occupant, const Visitor& visitor, Line line, Receipt receipt, Now now) {
    line.stanza_id = make_uuid7(now.wall);
    OwnLine own;
    own.line = std::move(line);
    own.speaker = occupant.speaker;
    own.route = visitor.route;
    own.receipt = std::move(receipt);
    own.address = home_;
    own.said_at = now.wall;
    last_said_ = now.tick;
    Effects effects;
    send_home(effects, std::move(own), now);
    return effects;
}

void Room::send_home(Effects& effects, OwnLine line, Now now) {
    OwnLine& added = in_flight_.add(std::move(line));
    if (answer_by_ && now.tick >= *answer_by_)
        answered(effects, now);
    if (answer_by_ && wiring_.reads_own)
        in_flight_.hold_back(added);
    else
        publish(effects, added, now);
}

void Room::publish(Effects& effects, OwnLine& line, Now now) {
    in_flight_.on_published(line, !wiring_.carries_properties);
    Said said{line.line, line.speaker->nick, line.speaker->occupant, address_, line.said_at, now.wall};
    said.line.answers = names_.name_at({}, line.line.answers);
    effects.emplace_back(Publish{std::move(said)});
}

void Room::publish_held_back(Effects& effects, Now now) {
    for (OwnLine* line : in_flight_.take_held_back())
        publish(effects, *line, now);
}

/// What has no body (a chat state, a receipt, a subject) is shown and not published; it does not overtake what the same
/// user said before.
Effects Room::say_unpublished(const Occupant& occupant, const Visitor& visitor, Line line, Now now) {
    if (is_subject_change(line) && occupant.role < Role::moderator && !options_.anyone_sets_subject)
        return refuse_message(visitor, {}, line.id, "groupchat",
                              {Condition::forbidden, "only moderators change the subject here", ErrorType::auth});
    OwnLine* before = in_flight_.latest_of(occupant.speaker->real);
    if (before && unpublished_ >= limits_.lines_in_flight)
        return refuse_message(
            visitor, {}, line.id, "groupchat",
            {Condition::resource_constraint,
             "too much waits behind the lines on their way (limits/lines_in_flight_per_room)", ErrorType::wait});
    line.stanza_id = make_uuid7(now.wall);
    Unpublished what{occupant.speaker, std::move(line)};
    Effects effects;
    if (before) {
        before->behind.push_back(std::move(what));
        ++unpublished_;
    } else {
        show_unpublished(effects, std::move(what), now);
    }
    return effects;
}

void Room::show_unpublished(Effects& effects, Unpublished what, Now now) {
    if (is_subject_change(what.line)) {
        subject_ = {*what.line.subject, what.line.lang, what.speaker->nick, what.speaker->occupant_id, now.wall};
        keep_change(effects, KeepSubject{});
    }
    if (!occupants_.empty())
        effects.emplace_back(ShowLine{occupants_.everyone(), what.speaker->nick, what.speaker->occupant_id,
                                      std::move(what.line), std::nullopt});
}

Effects Room::on_private(const Visitor& visitor, const std::string& nick, std::string type, Line line, Now) {
    const auto refuse = [&](StanzaError error) -> Effects {
        // RFC 6120 §8.3.1: an error is not answered with an error.
        if (type == "error")
            return {};
        return refuse_message(visitor, nick, line.id, type, std::move(error));
    };
    const Occupant* sender = occupants_.find(visitor.jid);
    if (!sender)
        return refuse(not_inside());
    if (type == "groupchat")
        return refuse({Condition::bad_request, "a message to one occupant is not of type groupchat"});
    // muc#roomconfig_allowpm. An error may say anything too.
    const Role least = options_.may_write_privately;
    if (least == Role::none)
        return refuse({Condition::not_allowed, "there are no private messages in this room"});
    if (sender->role < least)
        return refuse({Condition::forbidden,
                       "private messages are for those here whose role is at least " + std::string{to_string(least)}});
    const Occupant* addressee = occupants_.find_nick(fold_nick(nick));
    if (!addressee || addressee->speaker->nick != nick)
        return refuse({Condition::item_not_found, "nobody here is called " + nick});
    Effects effects;
    for (const Attendance& session : addressee->sessions)
        effects.emplace_back(
            ShowPrivate{session.route, sender->speaker->nick, sender->speaker->occupant_id, type, line});
    return effects;
}

void Room::notice(Effects& effects, Audience to, std::string text) const {
    if (!to->empty())
        effects.emplace_back(Notice{std::move(to), std::move(text)});
}

}  // namespace mucbridge
