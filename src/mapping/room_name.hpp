#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "mapping/pattern.hpp"

namespace mucbridge {

/// XEP-0106, and one escape more: a '.' inside a level is \2e, since a bare '.' parts the levels. "hall 1" becomes
/// hall\201, "v1.2" becomes v1\2e2. A '\' is escaped (\5c) only where it would otherwise read as an escape.
std::string escape_level(std::string_view level);
/// The other way; what is no escape stays as it is ("\2plus").
std::string unescape_level(std::string_view text);

/// A room's name, prepared, as the levels of an address. Errors, in words for whoever wanted the room: an empty
/// level, an escape at an end (XEP-0106 §3.2) or where none is needed.
Result<Levels> parse_room_name(std::string_view room);
/// The room's name for these levels, or why there is none: what a JID cannot hold, upper-case letters before all.
Result<std::string> make_room_name(const Levels& levels);

}  // namespace mucbridge
