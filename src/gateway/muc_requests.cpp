#include "gateway/muc_requests.hpp"

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

}  // namespace mucbridge
