#include "gateway/hub.hpp"
#include "gateway/room_form.hpp"
#include "xmpp/form_reader.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

namespace {

/// XEP-0045 §10.1.1: after so long the owner is taken to have accepted the room as it is.
constexpr std::chrono::minutes configuration_time{1};
constexpr std::size_t words_bytes = 1024;

/// What is told to everybody who is inside.
std::variant<Destruction, StanzaError> parse_destruction(const Element& destroy) {
    Destruction out;
    if (destroy.has_attribute("jid")) {
        auto alternate = Jid::parse(destroy.attribute("jid"));
        if (!alternate)
            return StanzaError{Condition::jid_malformed, "destroy: " + alternate.error().text};
        out.alternate = std::move(*alternate);
    }
    if (const Element* reason = destroy.child("reason", ns::muc_owner))
        out.reason = reason->text();
    if (const Element* password = destroy.child("password", ns::muc_owner))
        out.password = password->text();
    if (out.reason.size() > words_bytes || out.password.size() > words_bytes)
        return StanzaError{Condition::not_acceptable, "destroy: want reason and password of at most " +
                                                          std::to_string(words_bytes) + " bytes each"};
    return out;
}

}  // namespace

/// The form, and the end of the room. XEP-0045 §10.1, §10.2, §10.9.
void Rooms::on_owner(Host& host, const Visitor& visitor, const Element& iq) {
    const Jid& room = host.room.address();
    if (host.room.affiliation_of(visitor.jid.bare()) != Affiliation::owner)
        return refuse(visitor, iq, room, {Condition::forbidden, "Only an owner may configure the room."});
    const Element& query = *iq.first_child();
    if (iq.attribute("type") == "get") {
        if (query.count_children() > 0)
            return refuse(visitor, iq, room, {Condition::bad_request, "query: want it empty, to ask for the form"});
        Element out{"query", std::string(ns::muc_owner), {}, {}};
        out.add(to_element(make_room_form(room, host.room.options(), hub_.config().limits.occupants_per_room)));
        return reply(visitor, make_result(iq, std::move(out)));
    }
    const Element* x = query.child("x", ns::data_form);
    const Element* destroy = query.child("destroy", ns::muc_owner);
    if (query.count_children() != 1 || (!x && !destroy))
        return refuse(visitor, iq, room, {Condition::bad_request, "query: want either a form or <destroy/>"});
    x ? on_configuration(host, visitor, iq, *x) : on_destruction(host, visitor, iq, *destroy);
}

void Rooms::on_configuration(Host& host, const Visitor& visitor, const Element& iq, const Element& x) {
    const Jid& room = host.room.address();
    const auto form = parse_form(x);
    if (!form)
        return refuse(visitor, iq, room, {Condition::bad_request, form.error().text});
    if (form->type == "cancel")
        return answer(host, visitor, iq, is_new(host, visitor) ? host.room.on_destroy(visitor, {}, now()) : Verdict{});
    if (form->type != "submit")
        return refuse(visitor, iq, room,
                      {Condition::bad_request, "want a form of type submit or cancel, got " + quote_value(form->type)});
    const auto options = parse_room_form(*form, host.room.options(), hub_.config().limits.occupants_per_room);
    if (const auto* error = std::get_if<StanzaError>(&options))
        return refuse(visitor, iq, room, *error);
    Verdict verdict = host.room.on_options(visitor, std::get<RoomOptions>(options), now());
    if (verdict.refusal)
        return refuse(visitor, iq, room, *verdict.refusal);
    host.is_configured = true;
    answer_first(host, visitor, iq, std::move(verdict.effects));
}

/// Whether a cancelled form is that of a room which is still being created, and so its end (XEP-0045 §10.1.3). Rooms
/// here are open from the start: once others are inside, or a while has passed, there is a room to keep.
bool Rooms::is_new(const Host& host, const Visitor& visitor) const {
    return !host.is_configured && host.room.nick_of(visitor.jid) && host.room.occupant_count() == 1 &&
           now().tick < host.opened + configuration_time;
}

void Rooms::on_destruction(Host& host, const Visitor& visitor, const Element& iq, const Element& destroy) {
    const auto destruction = parse_destruction(destroy);
    if (const auto* error = std::get_if<StanzaError>(&destruction))
        return refuse(visitor, iq, host.room.address(), *error);
    answer(host, visitor, iq, host.room.on_destroy(visitor, std::get<Destruction>(destruction), now()));
}

}  // namespace mucbridge
