#include "gateway/hub.hpp"
#include "gateway/registration_form.hpp"
#include "xmpp/form_reader.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

namespace {

struct Removal {};

/// The nick, or the wish to be forgotten. XEP-0045 §7.10; XEP-0077 §3.2.
std::variant<std::string, Removal, StanzaError> parse_registration(const Element& query) {
    const Element* x = query.child("x", ns::data_form);
    const Element* remove = query.child("remove", ns::registration);
    if (query.count_children() != 1 || (!x && !remove))
        return StanzaError{Condition::bad_request, "query: want either a form or <remove/>"};
    if (remove)
        return Removal{};
    const auto form = parse_form(*x);
    if (!form)
        return StanzaError{Condition::bad_request, form.error().text};
    if (form->type != "submit")
        return StanzaError{Condition::bad_request, "want a form of type submit, got " + quote_value(form->type)};
    auto nick = parse_registration_form(*form);
    if (const auto* error = std::get_if<StanzaError>(&nick))
        return *error;
    return std::get<std::string>(std::move(nick));
}

}  // namespace

void Rooms::on_register(Host& host, const Visitor& visitor, const Element& iq) {
    const Jid& room = host.room.address();
    if (iq.attribute("type") == "get") {
        const auto nick = host.room.registration(visitor);
        if (const auto* error = std::get_if<StanzaError>(&nick))
            return refuse(visitor, iq, room, *error);
        return reply(visitor, make_result(iq, make_registration(room, std::get<std::string>(nick))));
    }
    const auto wish = parse_registration(*iq.first_child());
    if (const auto* error = std::get_if<StanzaError>(&wish))
        return refuse(visitor, iq, room, *error);
    const auto* nick = std::get_if<std::string>(&wish);
    answer(host, visitor, iq,
           nick ? host.room.on_register(visitor, *nick, now()) : host.room.on_deregister(visitor, now()));
}

}  // namespace mucbridge
