#include <algorithm>

#include "core/jid.hpp"
#include "stream_model.hpp"

// What clients send, as the model understands it.
namespace mucbridge::stream_fuzz {

namespace {

std::string first_body(const Xml& message) {
    for (const Xml& child : message.children)
        if (child.is("body", client_ns) && !child.text.empty())
            return child.text;
    return {};
}

/// With which words the form asks for something that is checked here: the field's values, or none.
const Xml* find_field(const Xml& form, std::string_view var) {
    const auto found = std::ranges::find_if(
        form.children, [&](const Xml& field) { return field.is("field", form_ns) && field.attribute("var") == var; });
    return found == form.children.end() ? nullptr : &*found;
}

}  // namespace

std::string bare_of(const std::string& jid) { return jid.substr(0, jid.find('/')); }

std::string resource_of(const std::string& jid) {
    const auto slash = jid.find('/');
    return slash == std::string::npos ? std::string() : jid.substr(slash + 1);
}

std::string token_of(std::string_view text) {
    constexpr std::string_view in_json = "\"body\":\"";
    if (const auto body = text.find(in_json); text.starts_with('{') && body != text.npos)
        text.remove_prefix(body + in_json.size());
    if (text.empty() || (text.front() != 'L' && text.front() != 'F' && text.front() != 'W'))
        return {};
    const auto end = text.find_first_not_of("0123456789", 1);
    if (end == std::string_view::npos || end == 1 || text[end] != text.front())
        return {};
    return std::string(text.substr(0, end + 1));
}

const std::string& World::room_of(const std::string& jid) {
    const auto [found, is_new] = names_.try_emplace(bare_of(jid));
    if (is_new) {
        const auto parsed = Jid::parse(found->first);
        if (parsed && parsed->domain == "rooms.localhost" && !parsed->local.empty())
            found->second = to_string(*parsed);
    }
    return found->second;
}

void World::on_sent(Client& client, const Xml& stanza) {
    const bool is_stanza =
        stanza.ns == client_ns && (stanza.name == "message" || stanza.name == "presence" || stanza.name == "iq");
    const std::string from = stanza.attribute("from"), to = stanza.attribute("to");
    if (!is_stanza || (stanza.find("from") && from != client.full && from != client.bare))
        client.is_excused = true;
    if (!is_stanza)
        return;
    client.sent.emplace(stanza.attribute("id"), to);
    const std::string room = room_of(to);
    if (stanza.name == "message")
        on_sent_message(client, stanza, room, to);
    else if (stanza.name == "iq")
        on_sent_iq(client, stanza, room, to);
    else
        on_sent_presence(client, stanza, room);
}

void World::on_sent_message(Client& client, const Xml& stanza, const std::string& room, const std::string& to) {
    const std::string type = stanza.attribute("type"), id = stanza.attribute("id");
    if (room.empty())
        return;
    if (type == "error") {
        if (Visit* visit = client.visit(room)) {
            visit->was_changed = true;
            ++visit->presences_sent;  // it may put the session out
        }
        return;
    }
    if (type != "groupchat") {
        if (const auto nick = Jid::prepare_resource(resource_of(to)))
            whispers_.push_back({client.index, client.life, room, *nick, id, first_body(stanza), {}});
        return;
    }
    if (!resource_of(to).empty())
        return;
    Said said;
    said.client = client.index;
    said.life = client.life;
    said.period = period_;
    said.room = room;
    said.id = id;
    said.body = first_body(stanza);
    said_by_id_.emplace(std::pair{room, id.empty() ? said.body : id}, said_.size());
    said_.push_back(std::move(said));
}

void World::on_sent_presence(Client& client, const Xml& stanza, const std::string& room) {
    const std::string type = stanza.attribute("type"), id = stanza.attribute("id");
    if (room.empty()) {
        // Its rooms are left by it, too.
        for (auto& [name, visit] : client.visits)
            ++visit.presences_sent;
        return;
    }
    Visit& visit = client.visits[room];
    ++visit.presences_sent;
    if (const auto nick = Jid::prepare_resource(resource_of(stanza.attribute("to"))))
        visit.asked.insert(*nick);
    if (!type.empty()) {
        visit.was_changed = true;
        return;
    }
    if (!stanza.child("x", muc_ns) || resource_of(stanza.attribute("to")).empty())
        return;
    visit.joins.push_back(id);
    client.joined_by[id] = room;
}

void World::on_sent_iq(Client& client, const Xml& stanza, const std::string& room, const std::string& to) {
    const std::string type = stanza.attribute("type"), id = stanza.attribute("id");
    if (type == "result" || type == "error")
        return;
    const bool is_relayed = to.find('/') != std::string::npos;
    client.asked.emplace(id, Asked{to, is_relayed});
    if (type != "set" || room.empty() || is_relayed || stanza.children.empty())
        return;
    const Xml* query = stanza.child("query", owner_ns);
    const Xml* form = query ? query->child("x", form_ns) : nullptr;
    if (!form || form->attribute("type") != "submit")
        return;
    configurations_.insert_or_assign(std::pair{client.index, id}, std::pair{room, *form});
    if (const Xml* whois = find_field(*form, "muc#roomconfig_whois"); whois && whois->children.size() == 1)
        model(room).may_be_open = model(room).may_be_open || whois->children.front().text == "anyone";
}

void World::on_configured(Client& client, const std::string& id) {
    const auto asked = configurations_.find({client.index, id});
    if (asked == configurations_.end())
        return;
    const auto [room, form] = std::move(asked->second);
    configurations_.erase(asked);
    const Xml* shown = find_field(form, "muc#roomconfig_presencebroadcast");
    if (!shown)
        return;
    RoomModel& known = model(room);
    known.changers.insert(client.index);
    known.hidden_roles = {"visitor", "participant", "moderator"};
    for (const Xml& value : shown->children)
        known.hidden_roles.erase(value.text);
}

}  // namespace mucbridge::stream_fuzz
