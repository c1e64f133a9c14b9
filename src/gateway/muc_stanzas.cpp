#include "gateway/muc_stanzas.hpp"

#include "gateway/voice_form.hpp"
#include "xml/writer.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

namespace {

std::string occupant_address(const Jid& room, const std::string& nick) { return to_string(room.with_resource(nick)); }

/// "<message from='garden@rooms.localhost/romeo' id='a1' type='groupchat'", ready for ` to='...'`.
std::string open_stanza(std::string_view name, const std::string& from, std::string_view id, std::string_view type) {
    std::string out;
    out.reserve(128);
    out.append("<").append(name);
    append_attribute(out, "from", from);
    if (!id.empty())
        append_attribute(out, "id", id);
    if (!type.empty())
        append_attribute(out, "type", type);
    return out;
}

void append_occupant_id(std::string& out, const std::string& id) {
    if (id.empty())
        return;
    out.append("<occupant-id xmlns='urn:xmpp:occupant-id:0'");
    append_attribute(out, "id", id);
    out.append("/>");
}

void append_words(std::string& out, const Line& line) {
    if (line.subject)
        append_text_element(out, "subject", *line.subject);
    if (line.body)
        append_text_element(out, "body", *line.body);
    if (line.extra) {
        out.append(*line.extra);
    } else if (!line.answers.empty()) {
        out.append("<reply xmlns='urn:xmpp:reply:0'");
        append_attribute(out, "id", line.answers);
        out.append("/>");
    }
}

void append_statuses(std::string& out, const std::vector<int>& statuses) {
    for (const int status : statuses)
        out.append("<status code='").append(std::to_string(status)).append("'/>");
}

/// The children of an open <item and its end.
void append_item_end(std::string& out, const std::optional<Actor>& actor, const std::string& reason) {
    if (!actor && reason.empty()) {
        out.append("/>");
        return;
    }
    out.append(">");
    if (actor) {
        out.append("<actor");
        if (!actor->nick.empty())
            append_attribute(out, "nick", actor->nick);
        if (actor->real_jid)
            append_attribute(out, "jid", to_string(*actor->real_jid));
        out.append("/>");
    }
    if (!reason.empty())
        append_text_element(out, "reason", reason);
    out.append("</item>");
}

void append_destruction(std::string& out, const Destruction& destruction) {
    out.append("<destroy");
    if (destruction.alternate)
        append_attribute(out, "jid", to_string(*destruction.alternate));
    out.append(">");
    if (!destruction.reason.empty())
        append_text_element(out, "reason", destruction.reason);
    if (!destruction.password.empty())
        append_text_element(out, "password", destruction.password);
    out.append("</destroy>");
}

void append_error(std::string& out, const StanzaError& error, const Jid& by) {
    out.append("<error");
    append_attribute(out, "type", to_string(error.type));
    append_attribute(out, "by", to_string(by));
    out.append("><").append(to_string(error.condition)).append(" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>");
    if (!error.text.empty()) {
        out.append("<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>");
        append_escaped_text(out, error.text);
        out.append("</text>");
    }
    out.append("</error>");
}

}  // namespace

SharedStanza write_presence(const Jid& room, const ShowPresence& show) {
    const OccupantView& occupant = show.occupant;
    SharedStanza out;
    out.head =
        open_stanza("presence", occupant_address(room, occupant.nick), show.id, show.available ? "" : "unavailable");
    std::string& tail = out.tail;
    tail.append(">");
    if (occupant.extra)
        tail.append(*occupant.extra);
    tail.append("<x xmlns='http://jabber.org/protocol/muc#user'><item");
    append_attribute(tail, "affiliation", to_string(occupant.affiliation));
    append_attribute(tail, "role", to_string(occupant.role));
    if (occupant.real_jid)
        append_attribute(tail, "jid", to_string(*occupant.real_jid));
    if (!show.new_nick.empty())
        append_attribute(tail, "nick", show.new_nick);
    append_item_end(tail, show.actor, show.reason);
    if (show.destruction)
        append_destruction(tail, *show.destruction);
    append_statuses(tail, show.statuses);
    tail.append("</x>");
    append_occupant_id(tail, occupant.occupant_id);
    tail.append("</presence>");
    return out;
}

SharedStanza write_line(const Jid& room, const ShowLine& show) {
    SharedStanza out;
    const std::string address = to_string(room);
    out.head = open_stanza("message", show.nick.empty() ? address : occupant_address(room, show.nick), show.line.id,
                           "groupchat");
    if (!show.line.lang.empty())
        append_attribute(out.head, "xml:lang", show.line.lang);
    std::string& tail = out.tail;
    tail.append(">");
    append_words(tail, show.line);
    if (!show.line.stanza_id.empty()) {
        tail.append("<stanza-id xmlns='urn:xmpp:sid:0'");
        append_attribute(tail, "by", address);
        append_attribute(tail, "id", show.line.stanza_id);
        tail.append("/>");
    }
    append_occupant_id(tail, show.occupant_id);
    if (show.delayed) {
        tail.append("<delay xmlns='urn:xmpp:delay'");
        append_attribute(tail, "from", address);
        append_attribute(tail, "stamp", to_rfc3339(*show.delayed));
        tail.append("/>");
    }
    tail.append("</message>");
    return out;
}

SharedStanza write_private(const Jid& room, const ShowPrivate& show) {
    SharedStanza out;
    out.head = open_stanza("message", occupant_address(room, show.nick), show.line.id, show.type);
    if (!show.line.lang.empty())
        append_attribute(out.head, "xml:lang", show.line.lang);
    out.tail.append(">");
    append_words(out.tail, show.line);
    // XEP-0045 §7.5: so that carbons and archives know a private message of a room from any other.
    out.tail.append("<x xmlns='http://jabber.org/protocol/muc#user'/>");
    append_occupant_id(out.tail, show.occupant_id);
    out.tail.append("</message>");
    return out;
}

SharedStanza write_refusal(const Jid& room, const Refuse& refuse) {
    SharedStanza out;
    const bool is_presence = refuse.kind == Refuse::Kind::presence;
    out.head =
        open_stanza(is_presence ? "presence" : "message",
                    refuse.nick.empty() ? to_string(room) : occupant_address(room, refuse.nick), refuse.id, "error");
    out.tail.append(">");
    if (is_presence)
        out.tail.append("<x xmlns='http://jabber.org/protocol/muc'/>");
    append_error(out.tail, refuse.error, room);
    out.tail.append(is_presence ? "</presence>" : "</message>");
    return out;
}

SharedStanza write_affiliation(const Jid& room, const ShowAffiliation& show) {
    SharedStanza out;
    out.head = open_stanza("message", to_string(room), "", "");
    out.tail.append("><x xmlns='http://jabber.org/protocol/muc#user'><item");
    append_attribute(out.tail, "affiliation", to_string(show.affiliation));
    append_attribute(out.tail, "jid", to_string(show.jid));
    append_item_end(out.tail, std::nullopt, show.reason);
    append_statuses(out.tail, show.statuses);
    out.tail.append("</x></message>");
    return out;
}

SharedStanza write_configured(const Jid& room, const ShowConfigured& show) {
    SharedStanza out;
    out.head = open_stanza("message", to_string(room), "", "groupchat");
    out.tail.append("><x xmlns='http://jabber.org/protocol/muc#user'>");
    append_statuses(out.tail, show.statuses);
    out.tail.append("</x></message>");
    return out;
}

SharedStanza write_decline(const Jid& room, const ShowDecline& show) {
    SharedStanza out;
    out.head = open_stanza("message", to_string(room), show.id, "");
    out.tail.append("><x xmlns='http://jabber.org/protocol/muc#user'><decline");
    append_attribute(out.tail, "from", to_string(show.from));
    out.tail.append(">");
    if (!show.reason.empty())
        append_text_element(out.tail, "reason", show.reason);
    out.tail.append("</decline></x></message>");
    return out;
}

SharedStanza write_voice_request(const Jid& room, const AskForVoice& ask) {
    SharedStanza out;
    out.head = open_stanza("message", to_string(room), "", "");
    out.tail.append(">");
    append_element(out.tail, to_element(make_voice_form(ask)), ns::client);
    out.tail.append("</message>");
    return out;
}

Element make_invitation(const Jid& room, const Invite& invite) {
    const std::string address = to_string(room);
    Element message{"message", std::string(ns::client), {}, {}};
    message.set("from", address).set("to", to_string(invite.to));
    if (!invite.id.empty())
        message.set("id", invite.id);
    Element& x = message.add("x", ns::muc_user);
    Element& child = x.add("invite", ns::muc_user);
    child.set("from", to_string(invite.from));
    if (!invite.reason.empty())
        child.add("reason", ns::muc_user).add_text(invite.reason);
    if (invite.continues) {
        Element& goes_on = child.add("continue", ns::muc_user);
        if (!invite.thread.empty())
            goes_on.set("thread", invite.thread);
    }
    if (!invite.password.empty())
        x.add("password", ns::muc_user).add_text(invite.password);
    message.add("body", ns::client)
        .add_text(to_string(invite.from) + " invited you to the room " + address +
                  (invite.reason.empty() ? "" : " (" + invite.reason + ")"));
    Element& direct = message.add("x", ns::conference);
    direct.set("jid", address);
    if (!invite.password.empty())
        direct.set("password", invite.password);
    if (!invite.reason.empty())
        direct.set("reason", invite.reason);
    return message;
}

Element make_room_refusal(const Jid& room, const Element& stanza, const StanzaError& error,
                          std::optional<Element> beside) {
    Element refusal = make_error_reply(stanza, error, to_string(room));
    if (stanza.name == "presence")
        beside = Element{"x", std::string(ns::muc), {}, {}};
    if (beside)
        refusal.nodes.insert(refusal.nodes.begin(), Node{*std::move(beside)});
    return refusal;
}

SharedStanza write_notice(const Jid& room, const Notice& notice) {
    SharedStanza out;
    out.head = open_stanza("message", to_string(room), "", notice.is_inside ? "groupchat" : "");
    out.tail.append(">");
    append_text_element(out.tail, "body", notice.text);
    out.tail.append("</message>");
    return out;
}

SharedStanza write_not_in_room(const Jid& occupant) {
    return write_presence(occupant.bare(), make_kick_of_stranger(occupant.resource));
}

}  // namespace mucbridge
