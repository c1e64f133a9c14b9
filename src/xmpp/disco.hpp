#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xml/element.hpp"
#include "xmpp/forms.hpp"

namespace mucbridge {

/// What somebody is: {"conference", "text", "Rooms"}. The registrar's categories and types.
struct DiscoIdentity {
    std::string category, type, name;
};

/// What an entity says of itself. XEP-0030 §3, with forms as XEP-0128.
struct DiscoInfo {
    std::vector<DiscoIdentity> identities;
    std::vector<std::string> features;  // disco#info's own is added where it is missing (XEP-0030 §3.1)
    std::vector<Form> forms;
    std::string node;  // as it was asked
};

/// One line of a list. XEP-0030 §4.
struct DiscoItem {
    std::string jid, node, name;
};

/// <query xmlns='http://jabber.org/protocol/disco#info'/>
Element to_element(const DiscoInfo& info);
/// <query xmlns='http://jabber.org/protocol/disco#items'/>
Element make_disco_items(const std::vector<DiscoItem>& items, std::string_view node = {});

}  // namespace mucbridge
