#pragma once

#include <string>

#include "core/result.hpp"
#include "muc/room.hpp"
#include "store/kept_rooms.hpp"

namespace mucbridge {

// A persistent room between its rules and the store.

KeptRoom to_kept(const Room& room, WallTime created);
KeptRoom::Right to_kept(const RestoredRoom::Right& right);
KeptRoom::Subject to_kept(const Subject& subject);
/// Errors name what cannot be read: the options as below, a JID, an affiliation.
Result<RestoredRoom> to_restored(const KeptRoom& kept);

/// {"title": "The garden", "members_only": true, "broadcast": ["moderator", "participant"], ...}
std::string write_options(const RoomOptions& options);
/// A key that is not there, that nobody knows, or whose value is none of that option's is passed over: an older or a
/// newer version wrote it. Errors: it is no JSON object.
Result<RoomOptions> parse_options(const std::string& json);

}  // namespace mucbridge
