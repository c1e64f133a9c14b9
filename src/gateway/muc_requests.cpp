#include "gateway/muc_requests.hpp"

#include <charconv>

#include "xml/writer.hpp"

namespace mucbridge {

namespace {

/// Of what a reply names: longer ones are nobody's.
constexpr std::size_t longest_id = 128;

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

bool is_spelling_of(const Jid& room, std::string_view text) {
    const auto jid = Jid::parse(text);
    return jid && *jid == room;
}

/// Only the room says these; from anybody else they are imitations, however they spell the room.
bool is_the_rooms(const Element& child, const Jid& room) {
    if (child.ns == ns::occupant_id || child.ns == ns::muc_user)
        return true;
    if (child.ns == ns::stanza_id && child.name == "stanza-id")
        return is_spelling_of(room, child.attribute("by"));
    return child.ns == ns::delay && is_spelling_of(room, child.attribute("from"));
}

Bytes to_bytes(std::string text) {
    return text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text));
}

std::string child_text(const Element& element, std::string_view name) {
    const Element* child = element.child(name, element.ns);
    return child ? child->text() : std::string();
}

std::variant<Jid, StanzaError> parse_addressee(const Element& word) {
    if (!word.has_attribute("to"))
        return StanzaError{Condition::bad_request, word.name + ": want a JID in 'to'"};
    auto to = Jid::parse(word.attribute("to"));
    if (!to)
        return StanzaError{Condition::jid_malformed, word.name + ": " + to.error().text};
    return std::move(*to);
}

InviteRequest parse_invitation(const Element& invite, Jid to) {
    InviteRequest request{std::move(to), child_text(invite, "reason"), {}, false};
    if (const Element* goes_on = invite.child("continue", ns::muc_user)) {
        request.continues = true;
        request.thread = goes_on->attribute("thread");
    }
    return request;
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
    // XEP-0045 §8.1: beside a body (were it empty) or a thread, a subject changes nothing.
    const bool sets_subject = !message.child("body", ns::client) && !message.child("thread", ns::client);
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
        if (child->ns == ns::client && child->name == "subject" && sets_subject && !line.subject) {
            line.subject = child->text();
            continue;
        }
        if (child->ns == ns::reply && child->name == "reply" && line.answers.empty() &&
            child->attribute("id").size() <= longest_id)
            line.answers = child->attribute("id");
        append_element(extra, *child, ns::client);
    }
    line.extra = to_bytes(std::move(extra));
    return line;
}

std::variant<std::vector<InviteRequest>, Decline, StanzaError> parse_mediated(const Element& x) {
    std::vector<InviteRequest> invitations;
    std::vector<Decline> declines;
    for (const Node& node : x.nodes) {
        const Element* word = node.element();
        if (!word || word->ns != ns::muc_user || (word->name != "invite" && word->name != "decline"))
            continue;
        auto to = parse_addressee(*word);
        if (const auto* error = std::get_if<StanzaError>(&to))
            return *error;
        if (word->name == "invite")
            invitations.push_back(parse_invitation(*word, std::get<Jid>(std::move(to))));
        else
            declines.push_back({std::get<Jid>(std::move(to)), child_text(*word, "reason")});
    }
    if (declines.empty() && !invitations.empty())
        return invitations;
    if (declines.size() == 1 && invitations.empty())
        return std::move(declines.front());
    return StanzaError{Condition::bad_request, "x: want one or more <invite/>, or one <decline/>"};
}

}  // namespace mucbridge
