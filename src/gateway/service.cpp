#include "gateway/service.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "gateway/hub.hpp"
#include "version.hpp"
#include "xmpp/disco.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

namespace {

Element describe_service() {
    DiscoInfo info;
    info.identities = {{"conference", "text", "Rooms that are topics"}};
    info.features = {std::string(ns::disco_info), std::string(ns::disco_items), std::string(ns::muc),
                     std::string(ns::ping), std::string(ns::version)};
    return to_element(info);
}

Element make_version() {
    Element query{"query", std::string(ns::version), {}, {}};
    query.add("name", ns::version).add_text("mucbridge");
    query.add("version", ns::version).add_text(MUCBRIDGE_VERSION);
    return query;
}

/// The rooms are spread over the loops: the list goes from one to the next and grows.
void list_rooms(Hub& hub, unsigned loop, std::vector<DiscoItem> found, const Route& from, const Element& iq) {
    std::ranges::move(hub.rooms(loop).list(), std::back_inserter(found));
    if (loop + 1 < hub.loop_count()) {
        hub.loop(loop + 1).post(
            [&hub, next = loop + 1, found = std::move(found), from, iq] { list_rooms(hub, next, found, from, iq); });
        return;
    }
    std::ranges::sort(found, {}, &DiscoItem::jid);
    hub.tell_element(loop, from, make_result(iq, make_disco_items(found)));
}

}  // namespace

void answer_service(Hub& hub, unsigned here, const Route& from, const Element& stanza) {
    if (!may_be_refused(stanza) || stanza.name == "presence")
        return;
    const auto refuse = [&](Condition condition, std::string text) {
        hub.tell_element(here, from, make_error_reply(stanza, {condition, std::move(text)}));
    };
    if (stanza.name != "iq")
        return refuse(Condition::service_unavailable, "Messages go to a room, not to the service.");
    const Element& child = *stanza.first_child();
    const bool is_get = stanza.attribute("type") == "get";
    if (is_get && child.attribute("node").empty() && child.ns == ns::disco_info)
        return hub.tell_element(here, from, make_result(stanza, describe_service()));
    if (is_get && child.attribute("node").empty() && child.ns == ns::disco_items)
        return hub.on_loop(here, 0, [&hub, from, stanza] { list_rooms(hub, 0, {}, from, stanza); });
    if (child.ns == ns::disco_info || child.ns == ns::disco_items)
        return refuse(Condition::item_not_found, "The service has no such node.");
    if (is_get && child.ns == ns::ping)
        return hub.tell_element(here, from, make_result(stanza));
    if (is_get && child.ns == ns::version)
        return hub.tell_element(here, from, make_result(stanza, make_version()));
    refuse(Condition::service_unavailable, {});
}

}  // namespace mucbridge
