#pragma once

#include <optional>

#include "core/stanza_error.hpp"
#include "muc/affiliation.hpp"
#include "muc/requests.hpp"

namespace mucbridge {

/// One user in the eyes of a room.
struct Rank {
    Affiliation affiliation = Affiliation::none;
    Role role = Role::none;  // none: not inside
};

/// Why the actor may not give the target this role; none is a kick. XEP-0045 §5.1.3, §8.2 to §8.4, §9.6, §9.7.
std::optional<StanzaError> refuse_role(const Rank& actor, const Rank& target, Role wish, bool is_self);

/// Why the actor may not give the target this affiliation. That a room keeps an owner is another's to see to.
/// XEP-0045 §5.2.2, §9.1 to §9.5, §10.3 to §10.8.
std::optional<StanzaError> refuse_affiliation(Affiliation actor, Affiliation target, Affiliation wish, bool is_self);

/// Why this list is not for the one who asks. XEP-0045 §8.5, §9.2, §9.5, §9.8, §10.5, §10.8.
std::optional<StanzaError> refuse_list(const Rank& asker, const RightsItem& wish, bool semi_anonymous);

/// The role of one inside whose affiliation changes: up means at least what one is given at the door, down at most.
/// XEP-0045 §5.1.3.
Role role_after(Role role, Affiliation before, Affiliation after, bool moderated);

}  // namespace mucbridge
