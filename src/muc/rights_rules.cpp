#include "muc/rights_rules.hpp"

#include <algorithm>

namespace mucbridge {
namespace {

std::optional<StanzaError> forbid(std::string text) { return StanzaError{Condition::forbidden, std::move(text)}; }
std::optional<StanzaError> disallow(std::string text) { return StanzaError{Condition::not_allowed, std::move(text)}; }

}  // namespace

std::optional<StanzaError> refuse_role(const Rank& actor, const Rank& target, Role wish, bool is_self) {
    const bool is_kick = wish == Role::none;
    // §8.4: nobody takes the voice of an admin or owner; that is for moderators to know, whoever else makes moderators.
    if (wish == Role::visitor && target.affiliation >= Affiliation::admin && actor.role == Role::moderator)
        return disallow("an admin or owner stays a moderator");
    const bool is_about_moderators = wish == Role::moderator || (target.role == Role::moderator && !is_kick);
    if (is_about_moderators && actor.affiliation < Affiliation::admin)
        return forbid("only admins make moderators, or end it");
    if (!is_about_moderators && actor.role != Role::moderator)
        return forbid("only moderators inside change roles");
    if (is_kick && !is_self) {
        if (target.affiliation > actor.affiliation)
            return disallow("nobody is kicked by one of a lower affiliation");
        // §5.1.3, the role state chart.
        if (target.role == Role::moderator && actor.affiliation < Affiliation::admin)
            return disallow("moderators are kicked by admins and owners alone");
    }
    if (!is_kick && wish < target.role) {
        if (target.affiliation >= Affiliation::admin)
            return disallow("an admin or owner stays a moderator");
        // §8.4 says "at or above the moderator's level".
        if (target.affiliation >= actor.affiliation)
            return disallow("nobody loses voice by one of the same or a lower affiliation");
    }
    return std::nullopt;
}

std::optional<StanzaError> refuse_affiliation(Affiliation actor, Affiliation target, Affiliation wish, bool is_self) {
    if (actor < Affiliation::admin)
        return forbid("only admins and owners change affiliations");
    const bool is_ban = wish == Affiliation::outcast;
    if (is_ban && is_self)
        return StanzaError{Condition::conflict, "nobody bans himself"};
    if (actor == Affiliation::owner)
        return std::nullopt;
    if (is_ban && target >= Affiliation::admin)
        return disallow("admins and owners are banned by owners alone");
    if (wish >= Affiliation::admin || target >= Affiliation::admin)
        return forbid("only owners make admins and owners, or end it");
    return std::nullopt;
}

std::optional<StanzaError> refuse_list(const Rank& asker, const RightsItem& wish, bool semi_anonymous) {
    if (wish.role.has_value() == wish.affiliation.has_value())
        return StanzaError{Condition::bad_request, "one role or one affiliation is wanted, to list who has it"};
    if (wish.role == Role::none || wish.affiliation == Affiliation::none)
        return StanzaError{Condition::bad_request, "there is no list of those who have none"};
    if (wish.role == Role::moderator && asker.affiliation < Affiliation::admin)
        return forbid("the list of moderators is for admins");
    if (wish.role && wish.role != Role::moderator && asker.role != Role::moderator)
        return forbid("the list is for moderators inside");
    if (!wish.affiliation)
        return std::nullopt;
    // §9.5: where JIDs are no secret, whoever is inside or belongs there sees who is expected; §10.5 and §10.8 leave
    // the same to us. Clients that encrypt for everybody need all three lists.
    const bool is_open = !semi_anonymous && wish.affiliation != Affiliation::outcast;
    if (is_open && (asker.role > Role::none || asker.affiliation >= Affiliation::member))
        return std::nullopt;
    const Affiliation least = is_open                                   ? Affiliation::member
                              : *wish.affiliation >= Affiliation::admin ? Affiliation::owner
                                                                        : Affiliation::admin;
    if (asker.affiliation < least)
        return forbid("this list is for " + std::string{to_string(least)} + "s");
    return std::nullopt;
}

Role role_after(Role role, Affiliation before, Affiliation after, bool moderated) {
    const Role given = role_on_entry(after, moderated);
    if (after == before)
        return role;
    return after > before ? std::max(role, given) : std::min(role, given);
}

}  // namespace mucbridge
