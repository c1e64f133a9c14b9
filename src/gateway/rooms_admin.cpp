#include <algorithm>

#include "gateway/hub.hpp"
#include "gateway/rights_items.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

namespace {

/// A room or its occupant, whom nobody can make anything: most likely an occupant JID where the nick was meant.
std::optional<StanzaError> refuse_own(const std::vector<RightsItem>& items, const std::string& service) {
    const auto own =
        std::ranges::find_if(items, [&](const RightsItem& item) { return item.jid && item.jid->domain == service; });
    if (own == items.end())
        return std::nullopt;
    return StanzaError{Condition::item_not_found, to_string(*own->jid) + " is no user; want the real JID, or a nick"};
}

}  // namespace

/// Lists of who is what, and their changes. XEP-0045 §8, §9, §10.3 to §10.8.
void Rooms::on_admin(Host& host, const Visitor& visitor, const Element& iq) {
    if (iq.attribute("type") == "set")
        return on_change(host, visitor, iq);
    const auto wish = parse_rights_wish(*iq.first_child());
    if (const auto* error = std::get_if<StanzaError>(&wish))
        return refuse(visitor, iq, host.room.address(), *error);
    const auto list = host.room.rights(visitor, std::get<RightsItem>(wish));
    if (const auto* error = std::get_if<StanzaError>(&list))
        return refuse(visitor, iq, host.room.address(), *error);
    reply(visitor, make_result(iq, make_rights(std::get<RightsItem>(wish), std::get<std::vector<RightsItem>>(list))));
}

/// A refused change comes back along with its items (§8.4).
void Rooms::on_change(Host& host, const Visitor& visitor, const Element& iq) {
    const Jid& room = host.room.address();
    const Element& query = *iq.first_child();
    const auto parsed = parse_rights(query);
    if (const auto* error = std::get_if<StanzaError>(&parsed))
        return refuse(visitor, iq, room, *error, query);
    const auto& items = std::get<std::vector<RightsItem>>(parsed);
    if (const auto error = refuse_own(items, room.domain))
        return refuse(visitor, iq, room, *error, query);
    Verdict verdict = host.room.on_rights(visitor, items, now());
    if (verdict.refusal)
        return refuse(visitor, iq, room, *verdict.refusal, query);
    answer(host, visitor, iq, std::move(verdict));
}

}  // namespace mucbridge
