#pragma once

#include <optional>
#include <string>

#include "core/jid.hpp"
#include "muc/effects.hpp"
#include "xml/element.hpp"
#include "xmpp/session.hpp"

namespace mucbridge {

// From what a room wants to stanzas, written once; `to` is filled in for each addressee.

SharedStanza write_presence(const Jid& room, const ShowPresence& show);
SharedStanza write_line(const Jid& room, const ShowLine& show);
SharedStanza write_private(const Jid& room, const ShowPrivate& show);
SharedStanza write_refusal(const Jid& room, const Refuse& refuse);
SharedStanza write_affiliation(const Jid& room, const ShowAffiliation& show);
SharedStanza write_configured(const Jid& room, const ShowConfigured& show);
SharedStanza write_decline(const Jid& room, const ShowDecline& show);
SharedStanza write_voice_request(const Jid& room, const AskForVoice& ask);
/// To somebody who need not be in the room, with the words that older clients understand: XEP-0249's element, a body.
Element make_invitation(const Jid& room, const Invite& invite);
/// The refusal of a stanza by the room: error/@by tells that, and with presence <x/> that it is a room. XEP-0045 §7.2.
/// `beside` goes before the error.
Element make_room_refusal(const Jid& room, const Element& stanza, const StanzaError& error,
                          std::optional<Element> beside = {});
SharedStanza write_notice(const Jid& room, const Notice& notice);
/// The answer to presence from one who is not in the room and does not ask to enter. XEP-0045 §7.2.18.
SharedStanza write_not_in_room(const Jid& occupant);

}  // namespace mucbridge
