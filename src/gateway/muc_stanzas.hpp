#pragma once

#include <string>

#include "core/jid.hpp"
#include "muc/effects.hpp"
#include "muc/room.hpp"
#include "xml/element.hpp"
#include "xmpp/session.hpp"

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

// From what a room wants to stanzas, written once; `to` is filled in for each addressee.

SharedStanza write_presence(const Jid& room, const ShowPresence& show);
SharedStanza write_line(const Jid& room, const ShowLine& show);
SharedStanza write_private(const Jid& room, const ShowPrivate& show);
SharedStanza write_refusal(const Jid& room, const Refuse& refuse);
SharedStanza write_notice(const Jid& room, const Notice& notice);
/// The answer to presence from one who is not in the room and does not ask to enter. XEP-0045 §7.2.18.
SharedStanza write_not_in_room(const Jid& occupant);

}  // namespace mucbridge
