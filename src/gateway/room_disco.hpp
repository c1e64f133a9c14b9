#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "muc/room.hpp"
#include "xml/element.hpp"
#include "xmpp/disco.hpp"

namespace mucbridge {

/// What a room says of itself: features by its options, and the roominfo form. XEP-0045 §6.4. `history_lines`: as many
/// as it shows to one who enters. The subject is for those who may enter (§14.4).
DiscoInfo describe_room(const Room& room, std::size_t history_lines, bool with_subject);

/// The feature of rooms that reflect the sender's id. XEP-0045 §16.3.
inline constexpr std::string_view stable_id = "http://jabber.org/protocol/muc#stable_id";

/// XEP-0410 §3.3.
inline constexpr std::string_view self_ping_optimization = "http://jabber.org/protocol/muc#self-ping-optimization";

/// The node at which users find the nick that is reserved for them. XEP-0045 §7.12.
inline constexpr std::string_view reserved_nick_node = "x-roomuser-item";
/// The answer there: empty for one who has none.
Element describe_reserved_nick(const std::string& nick);

}  // namespace mucbridge
