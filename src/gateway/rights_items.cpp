#include "gateway/rights_items.hpp"

#include <string>

#include "xmpp/form_reader.hpp"

namespace mucbridge {

namespace {

StanzaError malformed(std::string text) { return {Condition::bad_request, std::move(text)}; }

/// Role or affiliation, and nothing else.
std::variant<RightsItem, StanzaError> parse_standing(const Element& item) {
    // XEP-0045 §17.4
    if (item.has_attribute("affiliation") == item.has_attribute("role"))
        return malformed("item: want either an affiliation or a role");
    RightsItem out;
    if (item.has_attribute("role")) {
        out.role = parse_role(item.attribute("role"));
        if (!out.role)
            return malformed("role: want moderator, participant, visitor or none, got " +
                             quote_value(item.attribute("role")));
    } else {
        out.affiliation = parse_affiliation(item.attribute("affiliation"));
        if (!out.affiliation)
            return malformed("affiliation: want owner, admin, member, outcast or none, got " +
                             quote_value(item.attribute("affiliation")));
    }
    return out;
}

/// Who is meant, and the nick to reserve. A nick='' gives up the one that was reserved (§9.5).
std::optional<StanzaError> parse_whom(const Element& item, RightsItem& out) {
    if (item.has_attribute("jid")) {
        auto jid = Jid::parse(item.attribute("jid"));
        if (!jid)
            return StanzaError{Condition::jid_malformed, "jid: " + jid.error().text};
        out.jid = std::move(*jid);
    }
    if (const auto nick = item.attribute("nick"); !nick.empty()) {
        auto prepared = Jid::prepare_resource(nick);
        if (!prepared)
            return StanzaError{Condition::jid_malformed, "nick: " + prepared.error().text};
        out.nick = std::move(*prepared);
    }
    if (!out.jid && out.nick.empty())
        return malformed("item: want the nick of an occupant, or with an affiliation the JID of a user");
    out.frees_nick = out.affiliation && item.has_attribute("nick") && out.nick.empty();
    return std::nullopt;
}

}  // namespace

std::variant<std::vector<RightsItem>, StanzaError> parse_rights(const Element& query) {
    std::vector<RightsItem> items;
    for (const Node& node : query.nodes) {
        const Element* item = node.element();
        if (!item || item->name != "item" || item->ns != ns::muc_admin)
            continue;
        auto parsed = parse_standing(*item);
        if (const auto* refusal = std::get_if<StanzaError>(&parsed))
            return *refusal;
        auto& out = std::get<RightsItem>(parsed);
        if (auto refusal = parse_whom(*item, out))
            return *refusal;
        if (const Element* reason = item->child("reason", ns::muc_admin))
            out.reason = reason->text();
        items.push_back(std::move(out));
    }
    if (items.empty())
        return malformed("query: want an item");
    return items;
}

std::variant<RightsItem, StanzaError> parse_rights_wish(const Element& query) {
    const Element* item = query.child("item", ns::muc_admin);
    if (!item || query.count_children() != 1)
        return malformed("query: want exactly one item");
    return parse_standing(*item);
}

Element make_rights(const RightsItem& wish, const std::vector<RightsItem>& items) {
    Element query{"query", std::string(ns::muc_admin), {}, {}};
    for (const RightsItem& item : items) {
        Element& child = query.add("item", ns::muc_admin);
        if (item.affiliation)
            child.set("affiliation", to_string(*item.affiliation));
        if (item.jid)
            child.set("jid", to_string(*item.jid));
        if (!item.nick.empty())
            child.set("nick", item.nick);
        if (item.role && wish.role)
            child.set("role", to_string(*item.role));
        if (!item.reason.empty())
            child.add("reason", ns::muc_admin).add_text(item.reason);
    }
    return query;
}

}  // namespace mucbridge
