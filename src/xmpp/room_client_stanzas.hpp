#pragma once

#include <set>
#include <string>

#include "xmpp/room_client.hpp"

namespace gloox {
class Tag;
}

namespace mucbridge {

// What a RoomClient reads out of a room's stanzas, as gloox has them.

inline constexpr int status_self = 110;
inline constexpr int status_created = 201;

/// A message with a body; is_ours is not judged.
RoomLine line_of(const gloox::Tag& message, const std::string& nick);
/// The status codes of a presence. XEP-0045 §15.6.2.
std::set<int> statuses_of(const gloox::Tag& presence);
/// Of <error/> in a stanza: the condition's name and the text beside it. RFC 6120 §8.3.
RoomRefusal refusal_of(const gloox::Tag& stanza);
/// Why an occupant is out who did not leave.
std::string why_removed(const std::set<int>& statuses, const gloox::Tag& presence);

}  // namespace mucbridge
