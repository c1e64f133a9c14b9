#include <algorithm>
#include <utility>

#include "muc/nick.hpp"
#include "muc/room.hpp"

namespace mucbridge {
namespace {

/// Each who comes in is shown to all who are inside, and they to him: a thousand at once would be a million presences
/// before anybody else gets a turn.
constexpr int let_in_at_once = 16;
constexpr std::chrono::milliseconds pause_of_letting_in{1};

/// XEP-0045 §7.2.9: admins and owners may enter a full room, "up to some reasonable number".
constexpr std::size_t seats_for_admins = 10;

Refuse refuse_presence(const Visitor& visitor, std::string nick, std::string id, StanzaError error) {
    return {visitor.route, Refuse::Kind::presence, std::move(nick), std::move(id), {}, std::move(error)};
}

}  // namespace

Effects Room::on_join(const Visitor& visitor, JoinRequest request, Now now) {
    Effects effects;
    if (!must_wait(now))
        let_in_waiting(effects, now);
    if (Occupant* occupant = occupants_.find(visitor.jid)) {
        enter_again(effects, *occupant, visitor, request, now);
        return effects;
    }
    if (auto error = refusal(visitor, request)) {
        effects.emplace_back(refuse_presence(visitor, request.nick, request.id, *std::move(error)));
        if (!is_open_ && waiting_.empty() && !lingers_until_)
            effects.emplace_back(Close{});
        return effects;
    }
    if (wiring_.reads && reading_ == Reading::nothing)
        subscribe(effects, now);
    // Behind those who came before, were the answer there already.
    if (must_wait(now) || !waiting_.empty()) {
        lingers_until_.reset();
        if (Waiter* waiter = find_waiter(visitor.jid))
            *waiter = {visitor, std::move(request), std::move(waiter->said)};
        else
            waiting_.push_back({visitor, std::move(request), {}});
        return effects;
    }
    lingers_until_.reset();
    enter(effects, visitor, request, now);
    return effects;
}

/// A room comes into being with its subscription: until that is answered nobody is inside. A broker that is away does
/// not stop them.
bool Room::must_wait(Now now) const {
    return !is_open_ && reading_ == Reading::asked && !is_away_ && answer_by_ && now.tick < *answer_by_;
}

Room::Waiter* Room::find_waiter(const Jid& full) {
    const auto place = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiter& waiter) {
        return !waiter.has_left && waiter.visitor.jid == full;
    });
    return place == waiting_.end() ? nullptr : &*place;
}

/// Why this user may not be called so. `self`: the occupant that changes its nick; null for who enters or reserves one,
/// and may share the nick with another session of its own. XEP-0045 §7.2.8, §7.6, §7.10.
std::optional<StanzaError> Room::nick_refusal(const std::string& nick, const Jid& bare, const Occupant* self) const {
    if (auto error = refuse_nick(nick, limits_.nick_characters, wiring_.mark))
        return error;
    for (const MirrorWiring& mirror : wiring_.mirrors)
        if (auto error = refuse_nick(nick, limits_.nick_characters, mirror.mark))
            return error;
    const std::string folded = fold_nick(nick);
    const Occupant* holder = occupants_.find_nick(folded);
    if (holder && holder != self && (self || holder->speaker->real != bare))
        return StanzaError{Condition::conflict, "the nick " + holder->speaker->nick + " is another occupant's",
                           ErrorType::cancel};
    if (const Jid* reserved_for = affiliations_.holder_of(folded); reserved_for && *reserved_for != bare)
        return StanzaError{Condition::conflict, "the nick " + nick + " is reserved for another user",
                           ErrorType::cancel};
    if (in_flight_.holds_nick(folded, bare))
        return StanzaError{Condition::conflict, "the nick " + nick + " is held while its lines are on their way",
                           ErrorType::cancel};
    return std::nullopt;
}

/// Why this visitor may not enter. XEP-0045 §7.2.17.
std::optional<StanzaError> Room::refusal(const Visitor& visitor, const JoinRequest& request) const {
    const Jid bare = visitor.jid.bare();
    const Affiliation affiliation = affiliation_of(bare);
    if (affiliation == Affiliation::outcast)
        return StanzaError{Condition::forbidden, "you are banned from this room", ErrorType::auth};
    if (wiring_.access.may_read && !wiring_.access.may_read(bare))
        return StanzaError{Condition::forbidden, access_words("read", reads_what()), ErrorType::auth};
    if (!is_open_ && options_.persistent)
        if (auto error = refuse_one_more())
            return error;
    if (options_.members_only && affiliation < Affiliation::member && !is_orphaned())
        return StanzaError{Condition::registration_required, "only members may enter this room", ErrorType::auth};
    if (!options_.password.empty() && request.password.value_or("") != options_.password)
        return StanzaError{Condition::not_authorized,
                           request.password ? "the password is wrong" : "this room wants a password", ErrorType::auth};
    if (auto error = nick_refusal(request.nick, bare, nullptr))
        return error;
    const std::size_t more = affiliation >= Affiliation::admin ? seats_for_admins : 0;
    const bool is_new = !occupants_.find_nick(fold_nick(request.nick));
    const bool is_full =
        occupants_.session_count() + waiting_.size() >= limits_.occupants + more && !knows(visitor.jid);
    if (is_full)
        return StanzaError{Condition::service_unavailable, "the room is full (limits/occupants_per_room)",
                           ErrorType::wait};
    if (is_new && options_.max_users > 0 && occupants_.size() >= options_.max_users + more)
        return StanzaError{Condition::service_unavailable, "the room is full", ErrorType::wait};
    return std::nullopt;
}

/// "rule 2 does not let you read foo/bar"
std::string Room::access_words(const std::string& verb, const std::string& what) const {
    const std::string& rule = wiring_.access.rule;
    return (rule.empty() ? "the configuration" : rule) + " does not let you " + verb + " " + what;
}

/// Who opens the room owns it, and keeps a nick that is reserved. XEP-0045 §10.1.1.
void Room::make_owner(Effects& effects, const Jid& bare) {
    const Affiliations::Standing* known = affiliations_.find(bare);
    set_standing(effects, bare, {Affiliation::owner, known ? known->nick : "", {}});
}

/// The sequence of XEP-0045 §7.1: the others, oneself, history, subject.
void Room::enter(Effects& effects, const Visitor& visitor, const JoinRequest& request, Now now) {
    std::vector<int> statuses;
    if (!is_open_) {
        if (std::exchange(is_destroyed_, false))
            forget();  // what came home since
        statuses.push_back(201);
        make_owner(effects, visitor.jid.bare());
        is_open_ = true;
        keep_change(effects, KeepRoom{});
        subscribe_mirrors(effects);
    } else if (affiliations_.count(Affiliation::owner) == 0) {
        // §10: every room has one; but this is no new room, and no 201.
        make_owner(effects, visitor.jid.bare());
    }
    const Attendance session{visitor.route, visitor.jid, request.extra};
    Occupant* occupant = occupants_.find_nick(fold_nick(request.nick));
    if (request.nick_was_changed || (occupant && occupant->speaker->nick != request.nick))
        statuses.push_back(210);
    if (occupant) {
        occupants_.attend(*occupant, session);
    } else {
        const Affiliation affiliation = affiliation_of(visitor.jid);
        occupant = &occupants_.add({make_speaker(request.nick, visitor.jid.bare()),
                                    affiliation,
                                    role_on_entry(affiliation, options_.moderated),
                                    {session}});
    }
    const Audience to = make_audience(visitor.route);
    show_occupants(effects, *occupant, to);
    ShowPresence shown;
    shown.occupant.extra = request.extra;
    show_to_others(effects, *occupant, shown, visitor.jid);
    // The user's other sessions are told too, as of themselves.
    auto further = std::make_shared<std::vector<Route>>();
    for (const Attendance& other : occupant->sessions)
        if (other.jid != visitor.jid)
            further->push_back(other.route);
    if (!further->empty())
        show_to_self(effects, *occupant, shown, further);
    shown.statuses = statuses;
    shown.id = request.id;
    if (!options_.semi_anonymous)
        shown.statuses.push_back(100);
    show_to_self(effects, *occupant, shown, to);
    show_past(effects, visitor, request.history, now);
}

/// A join by one who is inside: the client lost its synchronisation and is told everything again. XEP-0045 §7.2.1.
void Room::enter_again(Effects& effects, Occupant& occupant, const Visitor& visitor, const JoinRequest& request,
                       Now now) {
    if (occupant.speaker->nick != request.nick) {
        if (auto error = nick_refusal(request.nick, occupant.speaker->real, &occupant)) {
            effects.emplace_back(refuse_presence(visitor, request.nick, request.id, *std::move(error)));
            return;
        }
        change_nick(effects, occupant, visitor, request.nick, request.extra, request.id, request.nick_was_changed);
    }
    const bool is_changed = !is_equal(occupant.session(visitor.jid)->extra, request.extra);
    occupants_.attend(occupant, {visitor.route, visitor.jid, request.extra});
    const Audience to = make_audience(visitor.route);
    show_occupants(effects, occupant, to);
    ShowPresence shown;
    shown.occupant.extra = request.extra;
    if (is_changed)
        show_to_others(effects, occupant, shown, visitor.jid);
    shown.id = request.id;
    if (request.nick_was_changed)
        shown.statuses.push_back(210);
    if (!options_.semi_anonymous)
        shown.statuses.push_back(100);
    show_to_self(effects, occupant, shown, to);
    show_past(effects, visitor, request.history, now);
}

void Room::let_in_waiting(Effects& effects, Now now) {
    if (waiting_.empty())
        return;
    for (int i = 0; i < let_in_at_once && !waiting_.empty(); ++i) {
        const Waiter waiter = std::move(waiting_.front());
        waiting_.pop_front();
        if (auto error = refusal(waiter.visitor, waiter.request)) {
            turn_away(effects, waiter, *error);
            continue;
        }
        enter(effects, waiter.visitor, waiter.request, now);
        const auto append = [&](Effects more) {
            effects.insert(effects.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
        };
        for (const auto& [line, receipt] : waiter.said)
            append(on_groupchat(waiter.visitor, line, now, receipt));
        if (waiter.has_left)
            append(on_leave(waiter.visitor, nullptr, now));
    }
    go_on_at_ = now.tick + pause_of_letting_in;
    start_lingering(now);
}

void Room::turn_away_waiting(Effects& effects, const StanzaError& error) {
    for (const Waiter& waiter : waiting_)
        turn_away(effects, waiter, error);
    waiting_.clear();
}

void Room::turn_away(Effects& effects, const Waiter& waiter, const StanzaError& error) const {
    effects.emplace_back(refuse_presence(waiter.visitor, waiter.request.nick, waiter.request.id, error));
    for (const auto& [line, receipt] : waiter.said)
        effects.emplace_back(
            Refuse{waiter.visitor.route, Refuse::Kind::message, {}, line.id, "groupchat", not_inside()});
}

void Room::show_past(Effects& effects, const Visitor& visitor, const HistoryWish& wish, Now now) const {
    const Audience to = make_audience(visitor.route);
    const std::size_t addresses = 3 * to_string(address_).size() + to_string(visitor.jid).size();
    const History::Past past = history_.wanted(wish, now.wall, addresses);
    const auto show = [&](const PastLine& line) {
        effects.emplace_back(ShowLine{to, line.nick, line.occupant_id, line.line, line.said_at});
    };
    std::ranges::for_each(past.archived, show);
    for (const PastLine* line : past.recent)
        show(*line);
    ShowLine subject{to, subject_.nick, subject_.occupant_id, {}, subject_.set_at};
    subject.line.subject = subject_.text;
    subject.line.lang = subject_.lang;
    effects.emplace_back(std::move(subject));
    if (reading_ == Reading::refused)
        notice(effects, to, "Nothing is heard of " + reads_what() + " here: the broker refuses the subscription.");
}

}  // namespace mucbridge
