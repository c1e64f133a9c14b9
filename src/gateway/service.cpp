#include "gateway/service.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "gateway/hub.hpp"
#include "gateway/room_disco.hpp"
#include "version.hpp"
#include "xmpp/disco.hpp"
#include "xmpp/rsm.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

namespace {

Element describe_service() {
    DiscoInfo info;
    info.identities = {{"conference", "text", "Rooms that are topics"}};
    for (const auto feature : {ns::disco_info, ns::disco_items, ns::muc, stable_id, self_ping_optimization,
                               ns::occupant_id, ns::rsm, ns::ping, ns::version})
        info.features.emplace_back(feature);
    return to_element(info);
}

Element make_version() {
    Element query{"query", std::string(ns::version), {}, {}};
    query.add("name", ns::version).add_text("mucbridge");
    query.add("version", ns::version).add_text(MUCBRIDGE_VERSION);
    return query;
}

/// As many rooms as one answer lists (XEP-0045 §6.3): with the longest names it is still shorter than the 512 KiB that
/// a component's server takes.
constexpr std::size_t rooms_at_once = 250;

/// Somebody's question for the rooms of one service.
struct Listing {
    Route from;
    Element iq;
    std::string domain;
    std::optional<PageWish> wish;
    std::vector<DiscoItem> found = {};
};

/// XEP-0059 §2.4: the name of a room that is gone still has its place in the order; what can be no room's name has
/// none.
bool has_place(const std::optional<std::string>& name, const std::string& domain) {
    if (!name || name->empty())
        return true;
    const auto room = Jid::parse(*name);
    return room && !room->local.empty() && room->is_bare() && room->domain == domain;
}

std::variant<Listing, StanzaError> parse_listing(const Route& from, const Element& iq) {
    const auto wish = parse_page_wish(*iq.first_child());
    if (!wish)
        return StanzaError{Condition::bad_request, wish.error().text};
    const auto service = Jid::parse(iq.attribute("to"));
    Listing listing{from, iq, service ? service->domain : std::string(), *wish};
    if (listing.wish &&
        (!has_place(listing.wish->after, listing.domain) || !has_place(listing.wish->before, listing.domain)))
        return StanzaError{Condition::item_not_found, "The service has no such room to go on from."};
    return listing;
}

Element make_list(Listing listing) {
    auto& rooms = listing.found;
    std::ranges::sort(rooms, {}, &DiscoItem::jid);
    std::vector<std::string> names;
    for (const DiscoItem& room : rooms)
        names.push_back(room.jid);
    const Page page = choose_page(names, listing.wish.value_or(PageWish{}), rooms_at_once);
    const auto at = [&](std::size_t index) { return rooms.begin() + static_cast<std::ptrdiff_t>(index); };
    Element query = make_disco_items({at(page.first), at(page.end)});
    // XEP-0059 §2.2: of nothing there are no parts.
    const bool is_part = listing.wish || page.size() < rooms.size();
    if (is_part && !rooms.empty())
        query.add(make_page_set(names, page));
    return make_result(listing.iq, std::move(query));
}

/// The rooms are spread over the loops: the list goes from one to the next and grows.
void list_rooms(Hub& hub, unsigned loop, Listing listing) {
    std::ranges::move(hub.rooms(loop).list(listing.domain), std::back_inserter(listing.found));
    if (loop + 1 < hub.loop_count()) {
        hub.loop(loop + 1).post([&hub, next = loop + 1, listing = std::move(listing)]() mutable {
            list_rooms(hub, next, std::move(listing));
        });
        return;
    }
    const Route from = listing.from;
    hub.tell_element(loop, from, make_list(std::move(listing)));
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
    if (is_get && child.attribute("node").empty() && child.ns == ns::disco_items) {
        auto listing = parse_listing(from, stanza);
        if (const auto* error = std::get_if<StanzaError>(&listing))
            return refuse(error->condition, error->text);
        return hub.on_loop(here, 0, [&hub, listing = std::get<Listing>(std::move(listing))]() mutable {
            list_rooms(hub, 0, std::move(listing));
        });
    }
    if (is_get && (child.ns == ns::disco_info || child.ns == ns::disco_items))
        return refuse(Condition::item_not_found, "The service has no such node.");
    if (is_get && child.ns == ns::ping)
        return hub.tell_element(here, from, make_result(stanza));
    if (is_get && child.ns == ns::version)
        return hub.tell_element(here, from, make_result(stanza, make_version()));
    refuse(Condition::service_unavailable, {});
}

}  // namespace mucbridge
