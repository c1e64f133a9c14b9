#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/jid.hpp"
#include "core/message.hpp"
#include "core/stanza_error.hpp"
#include "muc/requests.hpp"
#include "xml/element.hpp"

namespace mucbridge {

// From stanzas to the words of a room.

/// A presence with <x xmlns='http://jabber.org/protocol/muc'/>: password and history wish are read leniently, for a
/// number that is none is no wish. XEP-0045 §7.2.
JoinRequest parse_join(const Element& presence, std::string nick);
/// The children of a presence that others are shown: all but what only a room may say. Null where there are none.
Bytes parse_presence_extra(const Element& presence);
/// A message's body, subject and the rest. An empty body is none: there is nothing to publish.
/// What only the room may say is taken out: a stanza-id by it (XEP-0359 §3), an occupant-id, muc#user, a delay of its
/// own.
Line parse_line(const Element& message, const Jid& room);

/// An invitation turned down. XEP-0045 §7.8.2.
struct Decline {
    Jid to;  // who invited: the real JID or the occupant's
    std::string reason;
};
/// <x xmlns='http://jabber.org/protocol/muc#user'/> in a message to the room itself: one or more <invite to=''/>, or
/// one <decline to=''/>. Anything else is a bad-request; an address that is none, jid-malformed.
std::variant<std::vector<InviteRequest>, Decline, StanzaError> parse_mediated(const Element& x);

}  // namespace mucbridge
