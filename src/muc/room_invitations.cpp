#include <algorithm>

#include "muc/room.hpp"

namespace mucbridge {
namespace {

/// Each goes to somebody who did not ask for it.
constexpr std::size_t invitations_at_once = 20;
constexpr std::size_t invitations_remembered = 1000;

}  // namespace

Effects Room::on_invite(const Visitor& visitor, const std::vector<InviteRequest>& invitations, std::string id, Now) {
    const Occupant* inviter = occupants_.find(visitor.jid);
    if (!inviter)
        return refuse_message(visitor, {}, std::move(id), "normal", not_inside());
    if (auto error = refuse_invitations(*inviter, invitations))
        return refuse_message(visitor, {}, std::move(id), "normal", *std::move(error));
    Effects effects;
    for (const InviteRequest& request : invitations)
        invite(effects, *inviter, request, id);
    return effects;
}

/// Any occupant may invite, a visitor too (XEP-0045 §5.1.1); into a members-only room those alone who may make members
/// (§7.8.2), and members where the room has it so.
std::optional<StanzaError> Room::refuse_invitations(const Occupant& inviter,
                                                    const std::vector<InviteRequest>& invitations) const {
    if (invitations.size() > invitations_at_once)
        return StanzaError{Condition::policy_violation,
                           "at most " + std::to_string(invitations_at_once) + " users are invited at once"};
    const Affiliation least = options_.members_invite ? Affiliation::member : Affiliation::admin;
    if (options_.members_only && inviter.affiliation < least)
        return StanzaError{Condition::forbidden, "into this room " + std::string{to_string(least)} + "s invite"};
    std::size_t newcomers = 0;
    for (const InviteRequest& request : invitations) {
        const Affiliation affiliation = affiliation_of(request.to);
        if (request.to.domain == address_.domain)
            return StanzaError{Condition::item_not_found, to_string(request.to) + " is a room, and nobody to invite"};
        if (affiliation == Affiliation::outcast)
            return StanzaError{Condition::forbidden, to_string(request.to) + " is banned from this room"};
        newcomers += affiliation == Affiliation::none;
    }
    if (options_.members_only && affiliations_.size() + newcomers > limits_.affiliations)
        return StanzaError{Condition::resource_constraint, "this room keeps no more members in mind"};
    return std::nullopt;
}

void Room::invite(Effects& effects, const Occupant& inviter, const InviteRequest& request, const std::string& id) {
    const Jid bare = request.to.bare();
    // §7.8.2: else the invitation would be to a closed door.
    if (options_.members_only && affiliation_of(bare) == Affiliation::none) {
        const std::string reason = "invited by " + inviter.speaker->nick;
        set_standing(effects, bare, {Affiliation::member, {}, reason});
        show_affiliation(effects, {{}, bare, Affiliation::member, {}, reason});
    }
    invitations_.push_back({bare, inviter.speaker});
    if (invitations_.size() > invitations_remembered)
        invitations_.pop_front();
    effects.emplace_back(Invite{request.to, inviter.speaker->occupant, id, request.reason, request.thread,
                                request.continues, options_.password});
}

/// Each invitation may be declined once, by whom it was for, and whatever the inviter is called by now. Anything else
/// is dropped without a word: it could be anybody's way to speak to occupants, or to learn who is inside.
Effects Room::on_decline(const Visitor& visitor, const Jid& to, std::string reason, std::string id, Now) {
    Effects effects;
    const auto declined = std::find_if(invitations_.rbegin(), invitations_.rend(), [&](const Invitation& each) {
        return each.to == visitor.jid.bare() && (each.inviter->occupant == to || each.inviter->real == to.bare());
    });
    if (declined == invitations_.rend())
        return effects;
    const auto inviter = declined->inviter;
    invitations_.erase(std::prev(declined.base()));
    for (const Occupant* occupant : occupants_.of_user(inviter->real))
        for (const Attendance& session : occupant->sessions)
            effects.emplace_back(ShowDecline{session.route, visitor.jid.bare(), id, reason});
    return effects;
}

}  // namespace mucbridge
