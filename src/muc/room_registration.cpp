#include "muc/room.hpp"

namespace mucbridge {

/// XEP-0045 §7.10: nobody becomes a member by his own will; who is one already may have a nick reserved.
std::optional<StanzaError> Room::refuse_registration(const Jid& bare) const {
    const Affiliation affiliation = affiliation_of(bare);
    if (affiliation == Affiliation::outcast)
        return StanzaError{Condition::not_allowed, "you are banned from this room"};
    if (affiliation == Affiliation::none)
        return StanzaError{Condition::not_allowed, "nicks are reserved for members of this room, which admins appoint"};
    return std::nullopt;
}

std::variant<std::string, StanzaError> Room::registration(const Visitor& visitor) const {
    const Jid bare = visitor.jid.bare();
    if (auto error = refuse_registration(bare))
        return *std::move(error);
    const Affiliations::Standing* known = affiliations_.find(bare);
    return known ? known->nick : std::string{};
}

Verdict Room::on_register(const Visitor& visitor, const std::string& nick, Now) {
    const Jid bare = visitor.jid.bare();
    if (auto error = refuse_registration(bare))
        return {std::move(error)};
    if (auto error = nick_refusal(nick, bare, nullptr)) {
        // §7.10: a form without a nick that could be one is not valid.
        if (error->condition == Condition::jid_malformed)
            error->condition = Condition::bad_request;
        return {std::move(error)};
    }
    const Affiliations::Standing* known = affiliations_.find(bare);
    if (known && known->nick == nick)
        return {};
    if (!known && affiliations_.size() >= limits_.affiliations)
        return {StanzaError{Condition::resource_constraint, "this room keeps no more users in mind"}};
    Affiliations::Standing standing = known ? *known : Affiliations::Standing{};
    standing.nick = nick;
    Verdict verdict;
    set_standing(verdict.effects, bare, std::move(standing));
    show_again(verdict.effects, bare);
    return verdict;
}

/// A member is none any longer; admins and owners lose but their nick.
Verdict Room::on_deregister(const Visitor& visitor, Now now) {
    const Jid bare = visitor.jid.bare();
    const Affiliation affiliation = affiliation_of(bare);
    if (affiliation == Affiliation::outcast)
        return {StanzaError{Condition::forbidden, "you are banned from this room"}};
    // XEP-0077 §3.2
    if (affiliation == Affiliation::none)
        return {StanzaError{Condition::registration_required, "you are not registered with this room"}};
    Verdict verdict;
    if (affiliation == Affiliation::member) {
        change_affiliation(verdict.effects, {.jid = bare, .affiliation = Affiliation::none}, std::nullopt, now);
        return verdict;
    }
    const Affiliations::Standing* known = affiliations_.find(bare);
    if (!known || known->nick.empty())
        return verdict;
    set_standing(verdict.effects, bare, {known->affiliation, {}, known->reason});
    show_again(verdict.effects, bare);
    return verdict;
}

/// To everybody, under each of the user's nicks.
void Room::show_again(Effects& effects, const Jid& bare) const {
    for (const Occupant* occupant : occupants_.of_user(bare))
        show_changed(effects, *occupant, occupant->role, {});
}

}  // namespace mucbridge
