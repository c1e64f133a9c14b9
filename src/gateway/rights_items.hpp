#pragma once

#include <variant>
#include <vector>

#include "core/stanza_error.hpp"
#include "muc/requests.hpp"
#include "xml/element.hpp"

namespace mucbridge {

// muc#admin: <query><item affiliation='member' jid='hag66@shakespeare.lit'/></query>, both ways. XEP-0045 §8, §9, §10.

/// What is to change: one item or more. Refused with bad-request: no item, an item with both role and affiliation or
/// with neither (§17.4), with a word that is none, or that tells not whom; with jid-malformed: an address or a nick
/// that is none.
std::variant<std::vector<RightsItem>, StanzaError> parse_rights(const Element& query);
/// Which list is asked for: exactly one item, with a role or an affiliation. What else it says means nothing here.
std::variant<RightsItem, StanzaError> parse_rights_wish(const Element& query);
/// The list that was asked for. One of affiliations tells no roles (§17.4).
Element make_rights(const RightsItem& wish, const std::vector<RightsItem>& items);

}  // namespace mucbridge
