#include "gateway/muc_stanzas.hpp"

#include <charconv>

#include "xml/writer.hpp"

namespace mucbridge {

namespace {

/// A whole number as a client may write it; none where it is anything else.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

HistoryWish parse_history(const Element& history) {
    HistoryWish wish;
    wish.max_characters = parse_number<std::size_t>(history.attribute("maxchars"));
    wish.max_stanzas = parse_number<std::size_t>(history.attribute("maxstanzas"));
    // Bounded, so that no subtraction from a clock can overflow.
    if (const auto seconds = parse_number<std::uint32_t>(history.attribute("seconds")))
        wish.seconds = std::chrono::seconds(*seconds);
    if (const auto since = parse_rfc3339(history.attribute("since")))
        wish.since = *since;
    return wish;
}

/// Only the room says these; from anybody else they are imitations.
bool is_the_rooms(const Element& child, const Jid& room) {
    if (child.ns == ns::occupant_id || child.ns == ns::muc_user)
        return true;
    if (child.ns == ns::stanza_id && child.name == "stanza-id")
        return child.attribute("by") == to_string(room);
    return child.ns == ns::delay && child.attribute("from") == to_string(room);
}

Bytes to_bytes(std::string text) {
    return text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text));
}

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
    if (line.extra)
        out.append(*line.extra);
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

JoinRequest parse_join(const Element& presence, std::string nick) {
    JoinRequest request;
    request.nick = std::move(nick);
    request.id = presence.attribute("id");
    request.extra = parse_presence_extra(presence);
    if (const Element* x = presence.child("x", ns::muc)) {
        if (const Element* password = x->child("password", ns::muc))
            request.password = password->text();
        if (const Element* history = x->child("history", ns::muc))
            request.history = parse_history(*history);
    }
    return request;
}

Bytes parse_presence_extra(const Element& presence) {
    std::string out;
    for (const Node& node : presence.nodes) {
        const Element* child = node.element();
        if (child && child->ns != ns::muc && child->ns != ns::muc_user && child->ns != ns::occupant_id)
            append_element(out, *child, ns::client);
    }
    return to_bytes(std::move(out));
}

Line parse_line(const Element& message, const Jid& room) {
    Line line;
    line.id = message.attribute("id");
    line.lang = message.lang();
    std::string extra;
    for (const Node& node : message.nodes) {
        const Element* child = node.element();
        if (!child || is_the_rooms(*child, room))
            continue;
        if (child->ns == ns::client && child->name == "body" && !line.body) {
            if (auto body = child->text(); !body.empty()) {
                line.body = std::move(body);
                if (!child->lang().empty())
                    line.lang = child->lang();
                continue;
            }
        }
        if (child->ns == ns::client && child->name == "subject" && !line.subject) {
            line.subject = child->text();
            continue;
        }
        append_element(extra, *child, ns::client);
    }
    line.extra = to_bytes(std::move(extra));
    return line;
}

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
    tail.append("/>");
    for (const int status : show.statuses)
        tail.append("<status code='").append(std::to_string(status)).append("'/>");
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

SharedStanza write_notice(const Jid& room, const Notice& notice) {
    SharedStanza out;
    out.head = open_stanza("message", to_string(room), "", "groupchat");
    out.tail.append(">");
    append_text_element(out.tail, "body", notice.text);
    out.tail.append("</message>");
    return out;
}

SharedStanza write_not_in_room(const Jid& occupant) {
    SharedStanza out;
    out.head = open_stanza("presence", to_string(occupant), "", "unavailable");
    out.tail =
        "><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='none'>"
        "<reason>You are not in the room.</reason></item>"
        "<status code='110'/><status code='307'/><status code='333'/></x></presence>";
    return out;
}

}  // namespace mucbridge
