#pragma once

#include <string>

#include "core/jid.hpp"
#include "core/message.hpp"
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

}  // namespace mucbridge
