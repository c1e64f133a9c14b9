#include "gateway/hub.hpp"
#include "gateway/rights_items.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

/// Lists of who is what, and their changes. XEP-0045 §8, §9, §10.3 to §10.8.
void Rooms::on_admin(Host& host, const Visitor& visitor, const Element& iq) {
    const Element& query = *iq.first_child();
    if (iq.attribute("type") == "set") {
        const auto items = parse_rights(query);
        if (const auto* error = std::get_if<StanzaError>(&items))
            return refuse_rights(host, visitor, iq, *error);
        Verdict verdict = host.room.on_rights(visitor, std::get<std::vector<RightsItem>>(items), now());
        if (verdict.refusal)
            return refuse_rights(host, visitor, iq, *verdict.refusal);
        return answer(host, visitor, iq, std::move(verdict));
    }
    const auto wish = parse_rights_wish(query);
    if (const auto* error = std::get_if<StanzaError>(&wish))
        return refuse(visitor, iq, host.room.address(), *error);
    const auto list = host.room.rights(visitor, std::get<RightsItem>(wish));
    if (const auto* error = std::get_if<StanzaError>(&list))
        return refuse(visitor, iq, host.room.address(), *error);
    reply(visitor, make_result(iq, make_rights(std::get<RightsItem>(wish), std::get<std::vector<RightsItem>>(list))));
}

/// §8.4: along with the items.
void Rooms::refuse_rights(const Host& host, const Visitor& visitor, const Element& iq, const StanzaError& error) {
    Element answer = make_error_reply(iq, error, host.name);
    answer.add(*iq.first_child());
    reply(visitor, answer);
}

}  // namespace mucbridge
