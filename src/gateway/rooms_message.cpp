#include <algorithm>
#include <array>

#include "gateway/hub.hpp"
#include "gateway/muc_requests.hpp"
#include "gateway/voice_form.hpp"

namespace mucbridge {

namespace {

/// XEP-0045 §18.1.2: the errors after which a session is not in the room any longer, for what is said does not reach
/// it.
bool says_unreachable(const Element& stanza) {
    constexpr std::array unreachable{"gone",     "item-not-found",          "recipient-unavailable",
                                     "redirect", "remote-server-not-found", "remote-server-timeout"};
    const Element* error = stanza.child("error", ns::client);
    return error && std::ranges::any_of(unreachable, [&](const char* condition) {
               return error->child(condition, ns::stanza_errors) != nullptr;
           });
}

}  // namespace

void Rooms::on_message(const Visitor& visitor, const Element& message, const Jid& to, Receipt receipt) {
    const std::string_view type = message.attribute("type");
    if (type == "error")
        return on_bounce(visitor, message, to);
    Host* host = find(to);
    if (!host)
        return refuse(visitor, message, to, no_such_room());
    if (type == "groupchat")
        return on_groupchat(*host, visitor, message, to, std::move(receipt));
    if (to.resource.empty())
        return on_word_to_room(*host, visitor, message);
    perform(*host,
            host->room.on_private(visitor, to.resource, std::string(type), parse_line(message, to.bare()), now()));
}

void Rooms::on_groupchat(Host& host, const Visitor& visitor, const Element& message, const Jid& to, Receipt receipt) {
    if (!to.resource.empty())
        return refuse(visitor, message, to,
                      {Condition::bad_request, "A groupchat message is for the room, not for an occupant."});
    Line line = parse_line(message, to);
    auto kept = resent_.take(host.name, visitor.jid.bare(), line, visitor.route, std::move(receipt), now().tick);
    if (!kept) {
        ++counters_.duplicates;
        return;
    }
    perform(host, host.room.on_groupchat(visitor, std::move(line), now(), std::move(*kept)));
}

/// What is for the room itself: invitations, declines, and forms about voice. XEP-0045 §7.8.2, §7.13, §8.6.
void Rooms::on_word_to_room(Host& host, const Visitor& visitor, const Element& message) {
    const std::string_view type = message.attribute("type");
    if (type.empty() || type == "normal") {
        if (const Element* x = message.child("x", ns::muc_user))
            return on_mediated(host, visitor, message, *x);
        if (const Element* x = message.child("x", ns::data_form))
            return on_voice_form(host, visitor, message, *x);
    }
    refuse(visitor, message, host.room.address(),
           {Condition::feature_not_implemented, "This room takes messages of type groupchat only."});
}

void Rooms::on_mediated(Host& host, const Visitor& visitor, const Element& message, const Element& x) {
    auto parsed = parse_mediated(x);
    if (const auto* error = std::get_if<StanzaError>(&parsed))
        return refuse(visitor, message, host.room.address(), *error);
    std::string id(message.attribute("id"));
    if (auto* decline = std::get_if<Decline>(&parsed))
        return perform(host, host.room.on_decline(visitor, decline->to, decline->reason, std::move(id), now()));
    perform(host, host.room.on_invite(visitor, std::get<std::vector<InviteRequest>>(parsed), std::move(id), now()));
}

void Rooms::on_voice_form(Host& host, const Visitor& visitor, const Element& message, const Element& x) {
    const auto form = parse_form(x);
    if (!form)
        return refuse(visitor, message, host.room.address(), {Condition::bad_request, form.error().text});
    // A moderator who cancels answers nothing.
    if (form->type == "cancel")
        return;
    const auto parsed = parse_voice_form(*form);
    if (const auto* error = std::get_if<StanzaError>(&parsed))
        return refuse(visitor, message, host.room.address(), *error);
    std::string id(message.attribute("id"));
    if (const auto* given = std::get_if<VoiceAnswer>(&parsed))
        return perform(host, host.room.on_voice_answer(visitor, *given, std::move(id), now()));
    perform(host, host.room.on_voice_request(visitor, std::move(id), now()));
}

void Rooms::on_bounce(const Visitor& visitor, const Element& stanza, const Jid& to) {
    if (!says_unreachable(stanza))
        return;
    if (Host* host = find(to))
        perform(*host, host->room.on_gone(visitor, {333}, now()));
    hub_.forget_room(here_, visitor.route, to_string(to.bare()));
}

}  // namespace mucbridge
