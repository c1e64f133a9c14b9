#include "xmpp/disco.hpp"

#include <algorithm>

namespace mucbridge {

Element to_element(const DiscoInfo& info) {
    Element query{"query", std::string(ns::disco_info), {}, {}};
    if (!info.node.empty())
        query.set("node", info.node);
    for (const DiscoIdentity& identity : info.identities) {
        Element& child = query.add("identity", ns::disco_info);
        child.set("category", identity.category).set("type", identity.type);
        if (!identity.name.empty())
            child.set("name", identity.name);
    }
    if (std::find(info.features.begin(), info.features.end(), ns::disco_info) == info.features.end())
        query.add("feature", ns::disco_info).set("var", ns::disco_info);
    for (const std::string& feature : info.features)
        query.add("feature", ns::disco_info).set("var", feature);
    for (const Form& form : info.forms)
        query.add(to_element(form));
    return query;
}

Element make_disco_items(const std::vector<DiscoItem>& items, std::string_view node) {
    Element query{"query", std::string(ns::disco_items), {}, {}};
    if (!node.empty())
        query.set("node", node);
    for (const DiscoItem& item : items) {
        Element& child = query.add("item", ns::disco_items);
        child.set("jid", item.jid);
        if (!item.node.empty())
            child.set("node", item.node);
        if (!item.name.empty())
            child.set("name", item.name);
    }
    return query;
}

}  // namespace mucbridge
