#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/utf8.hpp"
#include "muc/nick.hpp"
#include "muc/rights_rules.hpp"
#include "muc/room.hpp"

namespace mucbridge {
namespace {

/// Each change is told to everybody inside: one request may not keep the room busy for seconds.
constexpr std::size_t items_at_once = 1000;
constexpr std::size_t reason_bytes = 1024;

/// §9.3, §9.5: with a nick, members and higher get it for their own.
bool reserves_nick(const RightsItem& change) {
    return change.affiliation && *change.affiliation >= Affiliation::member && !change.nick.empty();
}

}  // namespace

Verdict Room::on_rights(const Visitor& visitor, const std::vector<RightsItem>& items, Now now) {
    if (items.empty())
        return {StanzaError{Condition::bad_request, "an item is wanted that says what is to change"}};
    if (items.size() > items_at_once)
        return {StanzaError{Condition::policy_violation,
                            "at most " + std::to_string(items_at_once) + " items are wanted at once",
                            ErrorType::modify}};
    std::vector<RightsItem> changes;
    for (const RightsItem& item : items) {
        auto change = to_change(visitor, item);
        if (const auto* error = std::get_if<StanzaError>(&change))
            return {*error};
        changes.push_back(std::get<RightsItem>(std::move(change)));
        if (auto error = refuse_change(visitor, changes.back()))
            return {std::move(error)};
    }
    if (auto error = refuse_together(changes))
        return {std::move(error)};
    Verdict verdict;
    const auto before = moderators();
    const Actor actor = actor_of(visitor);
    for (const RightsItem& change : changes)
        change.role ? change_role(verdict.effects, change, actor, now)
                    : change_affiliation(verdict.effects, change, actor, now);
    show_jids_anew(verdict.effects, before);
    return verdict;
}

/// What the user may do here: of several nicks, the mightiest counts. XEP-0045 §8, §9: the bare JID decides.
Rank Room::rank_of(const Jid& jid) const {
    Rank rank{affiliation_of(jid)};
    for (const Occupant* occupant : occupants_.of_user(jid.bare()))
        rank.role = std::max(rank.role, occupant->role);
    return rank;
}

Actor Room::actor_of(const Visitor& visitor) const {
    const Occupant* occupant = occupants_.find(visitor.jid);
    if (const auto& same = occupants_.of_user(visitor.jid.bare()); !occupant && !same.empty())
        occupant = same.front();
    return {occupant ? occupant->speaker->nick : std::string{}, visitor.jid};
}

/// The wish with its addressee found: a role's by the nick of one inside, an affiliation's by the bare JID.
std::variant<RightsItem, StanzaError> Room::to_change(const Visitor& visitor, RightsItem item) const {
    const Rank rank = rank_of(visitor.jid);
    if (rank.affiliation < Affiliation::admin && rank.role < Role::moderator)
        return StanzaError{Condition::forbidden, "only moderators and admins change the rights of others"};
    if (item.role.has_value() == item.affiliation.has_value())
        return StanzaError{Condition::bad_request, "each item is wanted with one role or one affiliation"};
    if (item.nick.empty() && !item.jid)
        return StanzaError{Condition::bad_request, "each item is wanted with a nick or a JID"};
    item.reason.resize(cut_utf8(item.reason, reason_bytes).size());
    if (item.affiliation && item.jid) {
        // §10.3 and on: a full JID stands for the bare one.
        item.jid = item.jid->bare();
        return item;
    }
    const Occupant* occupant = find_meant(item);
    if (!occupant)
        return StanzaError{Condition::item_not_found,
                           item.nick.empty() ? to_string(*item.jid) + " is not here, or under several nicks"
                                             : "nobody here is called " + item.nick};
    if (item.role) {
        item.nick = occupant->speaker->nick;
    } else {
        item.jid = occupant->speaker->real;
        item.nick.clear();  // told who is meant: it reserves nothing
    }
    return item;
}

/// By nick; else, as some clients have it, by the JID of a session, or of a user who is inside once.
const Occupant* Room::find_meant(const RightsItem& item) const {
    if (!item.nick.empty())
        return occupants_.find_nick(fold_nick(item.nick));
    if (!item.jid->is_bare())
        return occupants_.find(*item.jid);
    const auto& same = occupants_.of_user(*item.jid);
    return same.size() == 1 ? same.front() : nullptr;
}

std::optional<StanzaError> Room::refuse_change(const Visitor& visitor, const RightsItem& change) const {
    const Rank actor = rank_of(visitor.jid);
    if (change.role) {
        const Occupant& target = *occupants_.find_nick(fold_nick(change.nick));
        const bool is_self = target.speaker->real == visitor.jid.bare();
        return refuse_role(actor, {affiliation_of(target.speaker->real), target.role}, *change.role, is_self);
    }
    const bool is_self = *change.jid == visitor.jid.bare();
    if (auto error = refuse_affiliation(actor.affiliation, affiliation_of(*change.jid), *change.affiliation, is_self))
        return error;
    if (is_administrator(*change.jid) && !is_self && change.affiliation != Affiliation::owner)
        return StanzaError{Condition::not_allowed, to_string(*change.jid) + " is an administrator of the service"};
    return reserves_nick(change) ? refuse_reservation(visitor, actor, change) : std::nullopt;
}

/// Whoever uses the nick without having reserved it gives way, unless it is the greater one.
std::optional<StanzaError> Room::refuse_reservation(const Visitor& visitor, const Rank& actor,
                                                    const RightsItem& change) const {
    if (auto error = refuse_nick(change.nick, limits_.nick_characters, wiring_.mark))
        return error;
    const std::string folded = fold_nick(change.nick);
    const Jid* reserved_for = affiliations_.holder_of(folded);
    const Occupant* user = occupants_.find_nick(folded);
    const bool is_others = reserved_for && *reserved_for != *change.jid;
    const bool stays = user && user->speaker->real != *change.jid &&
                       (user->affiliation > actor.affiliation || user->speaker->real == visitor.jid.bare());
    if (is_others || stays || in_flight_.holds_nick(folded, *change.jid))
        return StanzaError{Condition::conflict, "the nick " + change.nick + " is another's"};
    return std::nullopt;
}

/// What each change alone does not tell: the same user twice, no owner left, too many to remember.
std::optional<StanzaError> Room::refuse_together(const std::vector<RightsItem>& changes) const {
    std::unordered_set<std::string> nicks, reserved;
    std::unordered_set<Jid> with_role, with_affiliation;
    std::size_t owners = affiliations_.count(Affiliation::owner), kept = affiliations_.size();
    for (const RightsItem& change : changes) {
        const std::string folded = fold_nick(change.nick);
        const Jid& user = change.role ? occupants_.find_nick(folded)->speaker->real : *change.jid;
        const bool is_new = change.role ? nicks.insert(folded).second : with_affiliation.insert(user).second;
        (change.role ? with_role : with_affiliation).insert(user);
        if (!is_new || (with_role.contains(user) && with_affiliation.contains(user)))
            return StanzaError{Condition::bad_request, "one change at once is wanted for " + to_string(user)};
        if (change.role)
            continue;
        const Affiliations::Standing* standing = affiliations_.find(user);
        owners -= standing && standing->affiliation == Affiliation::owner;
        owners += change.affiliation == Affiliation::owner;
        kept += !standing && change.affiliation != Affiliation::none;
        if (reserves_nick(change) && !reserved.insert(folded).second)
            return StanzaError{Condition::conflict, "the nick " + change.nick + " is for one user alone"};
    }
    // §10.4
    if (owners == 0 && affiliations_.count(Affiliation::owner) > 0)
        return StanzaError{Condition::conflict, "the room would be left without an owner"};
    if (kept > std::max(limits_.affiliations, affiliations_.size()))
        return StanzaError{Condition::resource_constraint,
                           "the room keeps no more than " + std::to_string(limits_.affiliations) + " affiliations"};
    return std::nullopt;
}

void Room::change_role(Effects& effects, const RightsItem& change, const std::optional<Actor>& actor, Now now) {
    Occupant* occupant = occupants_.find_nick(fold_nick(change.nick));
    if (!occupant)
        return;  // a change before this one removed it
    ShowPresence how;
    how.actor = actor;
    how.reason = change.reason;
    if (change.role == Role::none) {
        how.statuses = {307};
        return remove_occupants(effects, {occupant}, std::move(how), now);
    }
    const Role before = std::exchange(occupant->role, *change.role);
    show_changed(effects, *occupant, before, std::move(how));
}

void Room::change_affiliation(Effects& effects, const RightsItem& change, const std::optional<Actor>& actor, Now now) {
    const Jid& user = *change.jid;
    const Affiliation before = affiliation_of(user);
    if (reserves_nick(change))
        make_way(effects, change, now);
    keep(effects, change);
    const std::vector<Occupant*> inside = find_affected(user);
    if (inside.empty())
        return change_absent(effects, change, before, actor);
    std::vector<Occupant*> leaving;
    ShowPresence how;
    how.actor = actor;
    how.reason = change.reason;
    for (Occupant* occupant : inside) {
        const Affiliation earlier = std::exchange(occupant->affiliation, affiliation_of(occupant->speaker->real));
        if (removal_status(occupant->affiliation)) {
            leaving.push_back(occupant);
            continue;
        }
        const Role role = role_after(occupant->role, earlier, occupant->affiliation, options_.moderated);
        show_changed(effects, *occupant, std::exchange(occupant->role, role), how);
    }
    if (leaving.empty())
        return;
    how.statuses = {*removal_status(leaving.front()->affiliation)};
    remove_occupants(effects, leaving, std::move(how), now);
}

/// The user under all nicks; of a domain, also everybody whom its ban reaches.
std::vector<Occupant*> Room::find_affected(const Jid& user) {
    if (!user.local.empty())
        return occupants_.of_user(user);
    return occupants_.which([&](const Occupant& occupant) {
        const Jid& real = occupant.speaker->real;
        return real == user || (real.domain == user.domain && affiliation_of(real) != occupant.affiliation);
    });
}

/// The affiliation, the reason and the reserved nick, which outlasts a change among members, admins and owners.
void Room::keep(Effects& effects, const RightsItem& change) {
    const Affiliations::Standing* before = affiliations_.find(*change.jid);
    Affiliations::Standing standing{*change.affiliation, {}, change.reason};
    if (reserves_nick(change))
        standing.nick = change.nick;
    else if (before && !change.frees_nick && standing.affiliation >= Affiliation::member)
        standing.nick = before->nick;
    set_standing(effects, *change.jid, std::move(standing));
}

/// The nick is another's from now on.
void Room::make_way(Effects& effects, const RightsItem& change, Now now) {
    Occupant* occupant = occupants_.find_nick(fold_nick(change.nick));
    if (!occupant || occupant->speaker->real == *change.jid)
        return;
    ShowPresence how;
    how.statuses = {307};
    how.reason = "This nickname is reserved";
    remove_occupants(effects, {occupant}, std::move(how), now);
}

/// Of one who is not inside those are told who may know; a new member of a members-only room is invited. XEP-0045 §9.5.
void Room::change_absent(Effects& effects, const RightsItem& change, Affiliation before,
                         const std::optional<Actor>& actor) {
    ShowAffiliation shown;
    shown.jid = *change.jid;
    shown.affiliation = affiliation_of(*change.jid);
    shown.reason = change.reason;
    if (const auto status = removal_status(shown.affiliation))
        shown.statuses = {*status};
    show_affiliation(effects, std::move(shown));
    if (!options_.members_only || before != Affiliation::none || change.affiliation != Affiliation::member)
        return;
    if (const Occupant* inviter = actor ? occupants_.find_nick(fold_nick(actor->nick)) : nullptr)
        return invite(effects, *inviter, {.to = *change.jid, .reason = change.reason}, {});
    effects.emplace_back(Invite{*change.jid, address_, {}, change.reason, {}, false, options_.password});
}

/// With which status one of this affiliation has to go; none: it may stay. XEP-0045 §9.1, §9.4.
std::optional<int> Room::removal_status(Affiliation affiliation) const {
    if (affiliation == Affiliation::outcast)
        return 301;
    return options_.members_only && affiliation < Affiliation::member ? std::optional{321} : std::nullopt;
}

std::variant<std::vector<RightsItem>, StanzaError> Room::rights(const Visitor& visitor, const RightsItem& wish) const {
    if (auto error = refuse_list(rank_of(visitor.jid), wish, options_.semi_anonymous))
        return *std::move(error);
    std::vector<RightsItem> items;
    if (wish.role) {
        for (const Occupant& occupant : occupants_.all())
            if (occupant.role == *wish.role)
                items.push_back(
                    {occupant.shown().jid, occupant.speaker->nick, occupant.affiliation, occupant.role, {}});
        return items;
    }
    for (const auto& [bare, standing] : affiliations_.all()) {
        if (standing.affiliation != *wish.affiliation)
            continue;
        RightsItem item{bare, standing.nick, standing.affiliation, {}, standing.reason};
        if (const auto& same = occupants_.of_user(bare); !same.empty()) {
            item.nick = same.front()->speaker->nick;
            item.role = same.front()->role;
        }
        items.push_back(std::move(item));
    }
    return items;
}

}  // namespace mucbridge
