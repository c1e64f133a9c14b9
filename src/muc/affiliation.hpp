#pragma once

#include <optional>
#include <string_view>

namespace mucbridge {

/// What an occupant may do during the visit; ordered. XEP-0045 §5.1.
enum class Role { none, visitor, participant, moderator };
/// What a user is to the room, lasting; ordered. XEP-0045 §5.2.
enum class Affiliation { outcast, none, member, admin, owner };

std::string_view to_string(Role role);
std::string_view to_string(Affiliation affiliation);
/// "moderator", "member"; nothing where it is no such word.
std::optional<Role> parse_role(std::string_view text);
std::optional<Affiliation> parse_affiliation(std::string_view text);

/// The role that one is given at the door. XEP-0045 §5.1.2, table "Initial Role Based on Affiliation".
Role role_on_entry(Affiliation affiliation, bool moderated);

}  // namespace mucbridge
