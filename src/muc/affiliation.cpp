#include "muc/affiliation.hpp"

namespace mucbridge {

std::string_view to_string(Role role) {
    switch (role) {
        case Role::none:
            return "none";
        case Role::visitor:
            return "visitor";
        case Role::participant:
            return "participant";
        case Role::moderator:
            return "moderator";
    }
    return "none";
}

std::string_view to_string(Affiliation affiliation) {
    switch (affiliation) {
        case Affiliation::outcast:
            return "outcast";
        case Affiliation::none:
            return "none";
        case Affiliation::member:
            return "member";
        case Affiliation::admin:
            return "admin";
        case Affiliation::owner:
            return "owner";
    }
    return "none";
}

std::optional<Role> parse_role(std::string_view text) {
    for (const Role role : {Role::none, Role::visitor, Role::participant, Role::moderator})
        if (text == to_string(role))
            return role;
    return std::nullopt;
}

std::optional<Affiliation> parse_affiliation(std::string_view text) {
    for (const Affiliation affiliation :
         {Affiliation::outcast, Affiliation::none, Affiliation::member, Affiliation::admin, Affiliation::owner})
        if (text == to_string(affiliation))
            return affiliation;
    return std::nullopt;
}

Role role_on_entry(Affiliation affiliation, bool moderated) {
    if (affiliation >= Affiliation::admin)
        return Role::moderator;
    return moderated && affiliation < Affiliation::member ? Role::visitor : Role::participant;
}

}  // namespace mucbridge
