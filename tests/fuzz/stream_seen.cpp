#include <algorithm>

#include "stream_model.hpp"

// What clients are told: whose it claims to be, and what it changes.
namespace mucbridge::stream_fuzz {

namespace {

void refuse_markup(const Client& client, const Xml& element, const Xml& stanza) {
    const bool is_evil = element.name == "evil" || element.ns == "urn:evil" || element.find("evil");
    if (is_evil)
        fail(client, "text became markup", stanza);
    for (const Xml& child : element.children)
        refuse_markup(client, child, stanza);
}

bool has_status(const Xml& x, std::string_view code) {
    return std::ranges::any_of(
        x.children, [&](const Xml& child) { return child.is("status", user_ns) && child.attribute("code") == code; });
}

/// Of a line that was shown because the broker was away or slow, and that it refused later.
bool is_shown_only(const Xml& error) {
    const Xml* text = error.child("text", stanza_errors_ns);
    return text && text->text.starts_with("shown here, but not published");
}

bool is_from_user(const std::string& from) { return bare_of(from).ends_with("@localhost"); }

}  // namespace

Visit* Client::visit(const std::string& room) {
    const auto found = visits.find(room);
    return found == visits.end() ? nullptr : &found->second;
}

bool Client::has_sent(const std::string& id) const {
    const auto first = sent.lower_bound({id, ""});
    return first != sent.end() && first->first == id;
}

void World::on_got(Client& client, const Xml& stanza) {
    if (client.stream_error)
        fail(client, "a stanza after the stream's error", stanza);
    if (stanza.is("error", streams_ns)) {
        if (stanza.children.empty() || stanza.children.front().ns != stream_errors_ns)
            fail(client, "a stream error without its name", stanza);
        client.stream_error = stanza.children.front().name;
        return;
    }
    refuse_markup(client, stanza, stanza);
    if (client.full.empty()) {
        const Xml* bind = stanza.child("bind", "urn:ietf:params:xml:ns:xmpp-bind");
        if (const Xml* jid = bind ? bind->child("jid", bind->ns) : nullptr) {
            client.full = jid->text;
            client.bare = bare_of(client.full);
        }
        return;
    }
    if (stanza.ns != client_ns)
        fail(client, "no stanza", stanza);
    check_addresses(client, stanza);
    if (stanza.name == "presence")
        on_presence(client, stanza);
    else if (stanza.name == "message")
        on_message(client, stanza);
    else
        on_iq(client, stanza);
}

/// RFC 6120 §8.1: to oneself, and from nobody but the server, rooms, occupants and the sessions that there are.
void World::check_addresses(const Client& client, const Xml& stanza) {
    const std::string *to = stanza.find("to"), *from = stanza.find("from");
    const std::string type = stanza.attribute("type");
    if (!to || (*to != client.full && *to != client.bare))
        fail(client, "not addressed to this session", stanza);
    const std::string id = stanza.attribute("id");
    const bool is_answer = type == "error" || type == "result";
    if (!from) {
        if (!is_answer || !(client.sent.contains({id, ""}) || (id.empty() && client.has_sent(id))))
            fail(client, "without `from`", stanza);
        return;
    }
    const bool is_houses = *from == "localhost" || *from == "rooms.localhost" || *from == client.bare;
    const bool is_sessions = std::ranges::any_of(
        clients, [&](const Client& other) { return other.full == *from || other.last_full == *from; });
    if (is_houses || is_sessions || !room_of(*from).empty() || (is_answer && client.sent.contains({id, *from})))
        return;
    fail(client, "from one who is not here", stanza);
}

void World::on_presence(Client& client, const Xml& stanza) {
    const std::string from = stanza.attribute("from"), type = stanza.attribute("type");
    if (type == "error")
        return on_error(client, stanza);
    const std::string room = room_of(from), nick = resource_of(from);
    if (room.empty())
        return;  // among users, as they sent it
    Visit* visit = client.visit(room);
    if (!visit || nick.empty())
        fail(client, "presence from a room that it asked for nothing", stanza);
    const Xml* x = stanza.child("x", user_ns);
    const Xml* item = x ? x->child("item", user_ns) : nullptr;
    if (!item || stanza.count("x", user_ns) != 1 || stanza.count("occupant-id", occupant_id_ns) > 1)
        fail(client, "a presence with other words of the room than one <x/>", stanza);
    if (const Xml* id = stanza.child("occupant-id", occupant_id_ns); id && id->attribute("id") == "forged")
        fail(client, "a forged occupant-id", stanza);
    const bool is_available = type.empty(), is_moderator = visit->is_inside && visit->role() == "moderator";
    if (has_status(*x, "110"))
        return on_own_presence(client, room, *visit, stanza, *x);
    if (!visit->is_inside && visit->joins.empty())
        fail(client, "told of the occupants of a room that it is not in", stanza);
    if (item->find("jid") && !model(room).may_be_open) {
        if (visit->is_inside && !is_moderator)
            fail(client, "shown a real JID that is for moderators", stanza);
        if (!visit->is_inside)
            visit->jids_of.insert(nick);
    }
    if (is_available)
        visit->roster[nick] = {item->attribute("role"), item->attribute("affiliation")};
    else
        visit->roster.erase(nick);
}

void World::on_own_presence(Client& client, const std::string& room, Visit& visit, const Xml& stanza, const Xml& x) {
    const std::string nick = resource_of(stanza.attribute("from")), id = stanza.attribute("id");
    const Xml& item = *x.child("item", user_ns);
    const Seen seen{item.attribute("role"), item.attribute("affiliation")};
    if (!stanza.attribute("type").empty()) {
        if (has_status(x, "303")) {
            visit.roster.erase(nick);
            return;
        }
        visit.leave();
        return;
    }
    if (!visit.is_inside) {
        visit.is_inside = visit.was_changed = true;
        visit.since = period_;
        visit.stays.emplace_back();
    }
    const auto before = visit.roster.find(nick);
    visit.was_changed = visit.was_changed || before == visit.roster.end() || before->second != seen;
    visit.nick = nick;
    visit.nicks.insert(nick);
    visit.roster[nick] = seen;
    visit.had_voice = visit.had_voice || seen.role == "participant" || seen.role == "moderator";
    if (!visit.jids_of.empty() && seen.role != "moderator" && !model(room).may_be_open)
        fail(client, "shown a real JID at the door", stanza);
    visit.jids_of.clear();
    if (has_status(x, "201")) {
        RoomModel& known = model(room);
        known.changers.insert(client.index);
        known.was_opened = true;
        known.hidden_roles.clear();
        // It is another room now: what waited for the broker may come to it once more.
        for (Client& other : clients)
            if (Visit* old = other.visit(room))
                old->ids.clear();
    }
    if (const auto joined = client.joined_by.find(id); joined != client.joined_by.end() && joined->second == room) {
        visit.past.emplace();
        std::erase(visit.joins, id);
    }
}

void World::on_error(Client& client, const Xml& stanza) {
    const Xml* error = stanza.child("error", client_ns);
    const auto is_condition = [](const Xml& each) { return each.ns == stanza_errors_ns && each.name != "text"; };
    if (!error || std::ranges::count_if(error->children, is_condition) != 1)
        fail(client, "an error without its condition", stanza);
    const std::string room = room_of(stanza.attribute("from")), id = stanza.attribute("id");
    if (stanza.name == "presence")
        if (Visit* visit = client.visit(room))
            std::erase(visit->joins, id);
    if (stanza.name != "message")
        return;
    for (Said& said : said_) {
        if (said.client != client.index || said.life != client.life || said.room != room || said.id != id)
            continue;
        if (id.empty()) {
            said.is_unconfirmed = true;  // it may be this one
            continue;
        }
        const bool is_late = is_shown_only(*error);
        if (said.is_refused || said.is_shown_only || (!is_late && !said.stanza_id.empty()))
            fail(client, "refused twice, or after it was shown", stanza);
        (is_late ? said.is_shown_only : said.is_refused) = true;
    }
}

void World::on_iq(Client& client, const Xml& stanza) {
    const std::string type = stanza.attribute("type"), id = stanza.attribute("id"), from = stanza.attribute("from");
    if (type == "get" || type == "set") {
        if (id.empty() || stanza.children.size() != 1 || (room_of(from).empty() && !is_from_user(from)))
            fail(client, "a question that nobody may ask", stanza);
        client.questions.emplace_back(id, from);
        return;
    }
    if (type == "error")
        on_error(client, stanza);
    else if (type != "result")
        fail(client, "an iq of no type", stanza);
    const auto asked = client.asked.find(id);
    if (asked != client.asked.end()) {
        client.asked.erase(asked);
        if (type == "result")
            on_configured(client, id);
    } else if (!is_from_user(from)) {
        fail(client, "an answer to no question", stanza);
    }
}

void World::on_message(Client& client, const Xml& stanza) {
    const std::string from = stanza.attribute("from"), type = stanza.attribute("type"), room = room_of(from);
    if (type == "error" && !is_from_user(from) && client.has_sent(stanza.attribute("id")))
        return on_error(client, stanza);
    if (room.empty())
        return;  // among users
    if (type == "groupchat")
        return on_room_message(client, room, stanza);
    if (!resource_of(from).empty()) {
        // Whether its sender had that nick is known when the sender was told, too.
        const Visit* visit = client.visit(room);
        whispers_shown_.push_back(
            {client.index, client.life, room, stanza, visit ? visit->nicks : std::set<std::string>()});
        return;
    }
    if (stanza.child("x", user_ns) || stanza.child("x", form_ns))
        return;
    // The room's word on a line, for its speaker outside.
    const Visit* visit = client.visit(room);
    if (!type.empty() || !stanza.child("body", client_ns) || (visit && visit->is_inside))
        fail(client, "a message of the room's that says nothing", stanza);
    on_notice(client, room, stanza);
}

void World::on_room_message(Client& client, const std::string& room, const Xml& stanza) {
    Visit* visit = client.visit(room);
    if (!visit || !visit->is_inside)
        fail(client, "a line to one who is not an occupant", stanza);
    std::string stanza_id;
    for (const Xml& child : stanza.children)
        if (child.is("stanza-id", sid_ns) && room_of(child.attribute("by")) == room) {
            if (!stanza_id.empty() || child.attribute("id") == "forged")
                fail(client, "a forged stanza-id", stanza);
            stanza_id = child.attribute("id");
        }
    const Xml *delay = stanza.child("delay", delay_ns), *id = stanza.child("occupant-id", occupant_id_ns);
    if ((id && id->attribute("id") == "forged") || (delay && delay->text == "forged"))
        fail(client, "forged words of the room", stanza);
    if (visit->past && stanza_id.empty()) {
        if (!stanza.child("subject", client_ns) || stanza.child("body", client_ns))
            fail(client, "history is not over, and this is none", stanza);
        visit->past.reset();
        return;
    }
    if (stanza_id.empty()) {
        if (!resource_of(stanza.attribute("from")).empty())
            fail(client, "a line without a stanza-id", stanza);
        return on_notice(client, room, stanza);
    }
    const bool is_new = visit->past ? visit->past->insert(stanza_id).second : visit->ids.insert(stanza_id).second;
    if (!is_new || (visit->past && !delay))
        fail(client, "a line twice, or history without its time", stanza);
    if (visit->past)
        visit->ids.insert(stanza_id);
    else
        visit->stays.back().lines.push_back(stanza_id);
    shown_.push_back({client.index, room, stanza, visit->past.has_value()});
}

/// "Not confirmed": where the broker tells nobody what it refused.
void World::on_notice(const Client& client, const std::string& room, const Xml& stanza) {
    const Xml* body = stanza.child("body", client_ns);
    if (!body || !body->text.starts_with("Not confirmed"))
        return;
    for (Said& said : said_)
        if (said.client == client.index && said.room == room && said.stanza_id.empty())
            said.is_unconfirmed = true;
}

}  // namespace mucbridge::stream_fuzz
