#include "core/jid.hpp"
#include "gateway/hub.hpp"
#include "gateway/room_disco.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

namespace {

constexpr std::string_view traffic_node = "http://jabber.org/protocol/muc#traffic";

bool is_query(const Element& child, std::string_view ns) { return child.name == "query" && child.ns == ns; }

bool is_disco(const Element& child) { return is_query(child, ns::disco_info) || is_query(child, ns::disco_items); }

}  // namespace

void Rooms::on_iq(const Visitor& visitor, const Element& iq, const Jid& to) {
    const std::string_view type = iq.attribute("type");
    if (type != "get" && type != "set")
        return pass_back(visitor, iq, to);
    Host* host = find(to);
    if (!host)
        return refuse(visitor, iq, to, no_such_room());
    if (!to.resource.empty())
        return on_occupant_iq(*host, visitor, iq, to);
    const Element& child = *iq.first_child();
    if (is_disco(child) && type == "get")
        return on_disco(*host, visitor, iq);
    if (is_query(child, ns::muc_admin))
        return on_admin(*host, visitor, iq);
    if (is_query(child, ns::muc_owner))
        return on_owner(*host, visitor, iq);
    if (is_query(child, ns::registration))
        return on_register(*host, visitor, iq);
    if (child.name == "ping" && child.ns == ns::ping && type == "get")
        return reply(visitor, make_result(iq));
    refuse(visitor, iq, to, {Condition::service_unavailable, {}});
}

void Rooms::on_occupant_iq(Host& host, const Visitor& visitor, const Element& iq, const Jid& to) {
    const Element& child = *iq.first_child();
    const std::string* nick = host.room.nick_of(visitor.jid);
    if (!nick) {
        // XEP-0045 §6.6; XEP-0410 §3.3 for all others, self-pings above all.
        const Condition condition = is_disco(child) ? Condition::bad_request : Condition::not_acceptable;
        return refuse(visitor, iq, to, {condition, "You are not in the room."});
    }
    // XEP-0410 §3: the room answers for an occupant who pings itself.
    const bool is_ping = iq.attribute("type") == "get" && child.ns == ns::ping && child.name == "ping";
    if (*nick == to.resource && is_ping)
        return reply(visitor, make_result(iq));
    if (!host.room.has_nick(to.resource))
        return refuse(visitor, iq, to, {Condition::item_not_found, "There is no such occupant."});
    pass_on(host, visitor, iq, to);
}

/// To the real JID, from the occupant: neither learns who the other is. XEP-0045 §17.4. A vCard is the account's to
/// give (XEP-0054 §3.3).
void Rooms::pass_on(Host& host, const Visitor& visitor, const Element& iq, const Jid& to) {
    const auto addressee = host.room.bearer_of(to.resource);
    if (!addressee)
        return refuse(visitor, iq, to, {Condition::item_not_found, "There is no such occupant."});
    const auto id = host.relay.add({visitor, std::string(iq.attribute("id")), to, addressee->jid.bare()}, now().tick);
    if (!id)
        return refuse(
            visitor, iq, to,
            {Condition::resource_constraint, "Too many questions in this room wait for an answer.", ErrorType::wait});
    const bool is_for_account = iq.first_child()->ns == ns::vcard;
    Element passed = iq;
    passed.set("id", *id).set("from", to_string(to.with_resource(*host.room.nick_of(visitor.jid))));
    passed.set("to", to_string(is_for_account ? addressee->jid.bare() : addressee->jid));
    is_for_account ? hub_.tell_jid(here_, addressee->jid.bare(), passed)
                   : hub_.tell_element(here_, addressee->route, passed);
}

/// An answer to what was passed on: from the occupant, under the asker's id.
void Rooms::pass_back(const Visitor& visitor, const Element& iq, const Jid& to) {
    Host* host = find(to);
    const auto request = host ? host->relay.take(std::string(iq.attribute("id")), visitor.jid) : std::nullopt;
    if (!request)
        return;
    Element passed = iq;
    passed.set("id", request->id).set("from", to_string(request->occupant)).set("to", to_string(request->asker.jid));
    // Whose error it is would tell who was asked.
    if (Element* error = passed.child("error", ns::client))
        error->remove_attribute("by");
    reply(request->asker, passed);
}

void Rooms::on_disco(const Host& host, const Visitor& visitor, const Element& iq) {
    const Element& query = *iq.first_child();
    const std::string_view node = query.attribute("node");
    const bool is_info = query.ns == ns::disco_info;
    const Room& room = host.room;
    if (is_info && node.empty()) {
        const RoomOptions& options = room.options();
        const bool is_open = options.password.empty() && !options.members_only &&
                             hub_.mapper().may_read(*host.binding, visitor.jid.bare());
        const bool with_subject = is_open || room.nick_of(visitor.jid);
        const auto info = describe_room(room, hub_.config().limits.history_lines, with_subject);
        return reply(visitor, make_result(iq, to_element(info)));
    }
    if (is_info && node == reserved_nick_node) {
        const auto nick = room.registration(visitor);
        const auto* reserved = std::get_if<std::string>(&nick);
        return reply(visitor, make_result(iq, describe_reserved_nick(reserved ? *reserved : "")));
    }
    // XEP-0045 §6.5: who is inside is private, as is advised.
    if (!is_info && node.empty())
        return reply(visitor, make_result(iq, make_disco_items({})));
    if (is_info && node == traffic_node)  // §18.1.1
        return refuse(visitor, iq, room.address(),
                      {Condition::feature_not_implemented, "This room has no list of what is let through."});
    refuse(visitor, iq, room.address(), {Condition::item_not_found, "This room has no such node."});
}

void Rooms::answer(Host& host, const Visitor& visitor, const Element& iq, Verdict verdict) {
    if (verdict.refusal)
        return refuse(visitor, iq, host.room.address(), *verdict.refusal);
    perform(host, std::move(verdict.effects), make_answer(host, visitor, iq));
}

/// The result comes before what is shown of the change, and after what is kept of it.
void Rooms::answer_first(Host& host, const Visitor& visitor, const Element& iq, Effects effects) {
    auto shown = std::ranges::find_if_not(effects, [](const Effect& effect) {
        return std::holds_alternative<KeepRoom>(effect) || std::holds_alternative<KeepOptions>(effect) ||
               std::holds_alternative<ForgetKept>(effect);
    });
    for (auto effect = effects.begin(); effect != shown; ++effect)
        std::visit([&](auto& wanted) { perform(host, wanted); }, *effect);
    hold_until_saved(host, {std::make_move_iterator(shown), std::make_move_iterator(effects.end())},
                     make_answer(host, visitor, iq));
}

Rooms::Saved Rooms::make_answer(const Host& host, const Visitor& visitor, const Element& iq) {
    return [this, visitor, iq, room = host.room.address()](const Result<void>& saved) {
        if (saved)
            return reply(visitor, make_result(iq));
        refuse(visitor, iq, room,
               {Condition::internal_server_error,
                "It is done, but cannot be kept on disk, and will not outlive the gateway: " + saved.error().text});
    };
}

}  // namespace mucbridge
