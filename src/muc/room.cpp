#include "muc/room.hpp"

#include <algorithm>

#include "muc/nick.hpp"

namespace mucbridge {
namespace {

/// Lines older than this no longer keep an emptied room.
constexpr std::chrono::minutes in_flight_at_most{5};

}  // namespace

Room::Room(Jid address, RoomOptions options, RoomLimits limits, RoomWiring wiring, std::string origin,
           std::function<std::string(const Jid& bare)> occupant_id, Now now)
    : address_{std::move(address)},
      options_{options},
      first_options_{std::move(options)},
      limits_{limits},
      origin_{std::move(origin)},
      occupant_id_{std::move(occupant_id)},
      said_{limits.remembered_ids},
      foreign_{limits.remembered_ids},
      crossed_{limits.remembered_ids},
      same_words_{limits.remembered_ids},
      born_{now.wall},
      history_{limits.history_lines, limits.past_lines} {
    set_wiring(std::move(wiring));
    options_.persistent = options_.persistent || wiring_.persistent;
}

Effects Room::on_wired(RoomWiring wiring, Now now) {
    Effects effects;
    const bool read = wiring_.reads;
    // What was said before the broker told its protocol (the first connection, or another one) may come back as text.
    if (!wiring.carries_properties)
        in_flight_.index_texts();
    set_wiring(std::move(wiring));
    follow_rule(effects, now);
    if (read && !wiring_.reads && reading_ != Reading::nothing) {
        reading_ = Reading::nothing;
        effects.emplace_back(Unsubscribe{});
        answered(effects, now);
    } else if (wiring_.reads && !read && is_open_) {
        subscribe(effects, now);
    }
    if (is_open_)
        subscribe_mirrors(effects);
    if (!expects_echoes())
        say_awaited(effects, now);
    return effects;
}

Effects Room::on_granted(const Granted& granted, Now now) {
    Effects effects;
    const bool was_refused = reading_ == Reading::refused;
    if (reading_ == Reading::nothing)
        return effects;
    reading_ = granted.granted ? Reading::granted : Reading::refused;
    if (granted.granted) {
        if (was_refused && is_open_)
            notice(effects, occupants_.everyone(), "From now on " + reads_what() + " is heard here again.");
        answered(effects, now);
        return effects;
    }
    const std::string text = "the broker refuses the subscription of " + reads_what() + ": " + granted.reason;
    if (!is_open_) {
        turn_away_waiting(effects, {Condition::forbidden, text, ErrorType::auth});
        close(effects);
        return effects;
    }
    if (!was_refused) {
        notice(effects, occupants_.everyone(), "From now on nothing of it is heard here: " + text + ".");
        effects.emplace_back(Warn{to_string(address_) + ": " + text});
    }
    answered(effects, now);
    say_awaited(effects, now);
    close_if_over(effects, now);
    return effects;
}

Effects Room::on_broker_up(Now now) {
    is_away_ = false;
    for (MirrorState& mirror : mirrors_)
        mirror.has_told_loss = false;
    if (reading_ == Reading::asked)
        answer_by_ = now.tick + limits_.subscription_wait;
    return {};
}

Effects Room::on_broker_away(const std::string&, Now now) {
    Effects effects;
    // Another attempt that failed is no other outage.
    if (!std::exchange(is_away_, true)) {
        ++outage_;
        told_of_outage_.clear();
    }
    // The link asks again when the broker is back, and that is when the answer comes.
    if (reading_ != Reading::nothing)
        reading_ = Reading::asked;
    answered(effects, now);
    // The broker has them, and their echoes are lost or late: they are not overtaken by what is said from now on.
    say_awaited(effects, now);
    return effects;
}

void Room::subscribe(Effects& effects, Now now) {
    reading_ = Reading::asked;
    if (!is_away_)
        answer_by_ = now.tick + limits_.subscription_wait;
    effects.emplace_back(Subscribe{});
}

/// The subscription is answered, or will not be for now: nothing waits for it any longer.
void Room::answered(Effects& effects, Now now) {
    answer_by_.reset();
    let_in_waiting(effects, now);
    publish_held_back(effects, now);
}

Effects Room::on_tick(Now now) {
    Effects effects;
    if (answer_by_ && now.tick >= *answer_by_)
        answered(effects, now);
    if (go_on_at_ && now.tick >= *go_on_at_) {
        go_on_at_.reset();
        let_in_waiting(effects, now);
    }
    for (OwnLine* line = in_flight_.next_awaited(); line && line->deadline <= now.tick;
         line = in_flight_.next_awaited())
        miss_echo(effects, *line, now);
    if (tell_lost_at_ && now.tick >= *tell_lost_at_)
        tell_losses(effects);
    close_if_over(effects, now);
    return effects;
}

std::optional<Tick> Room::next_tick() const {
    std::optional<Tick> next = closing_time();
    const auto sooner = [&](Tick tick) { next = next ? std::min(*next, tick) : tick; };
    if (answer_by_ && (!waiting_.empty() || in_flight_.holds_back()))
        sooner(*answer_by_);
    if (go_on_at_ && !waiting_.empty())
        sooner(*go_on_at_);
    if (const OwnLine* line = in_flight_.next_awaited())
        sooner(line->deadline);
    if (tell_lost_at_)
        sooner(*tell_lost_at_);
    return next;
}

void Room::start_lingering(Now now) {
    if (occupants_.empty() && waiting_.empty() && !lingers_until_ && !is_persistent())
        lingers_until_ = now.tick + limits_.linger;
}

/// When the emptied room may close, if nothing happens before.
std::optional<Tick> Room::closing_time() const {
    if (!lingers_until_ || in_flight() == 0 || !last_said_)
        return lingers_until_;
    return std::max(*lingers_until_, *last_said_ + in_flight_at_most);
}

void Room::close_if_over(Effects& effects, Now now) {
    if (const auto time = closing_time(); time && now.tick >= *time)
        close(effects);
}

void Room::close(Effects& effects) {
    while (OwnLine* line = in_flight_.any()) {
        const OwnLine left = in_flight_.take(*line);
        // What the spool has goes its way without the room, and is not over before the broker has it.
        if (!left.is_shown || left.is_accepted)
            effects.emplace_back(Home{left.line.stanza_id});
    }
    if (reading_ != Reading::nothing)
        effects.emplace_back(Unsubscribe{});
    unsubscribe_mirrors(effects);
    reading_ = Reading::nothing;
    is_open_ = false;
    answer_by_.reset();
    tell_lost_at_.reset();
    lingers_until_.reset();
    unpublished_ = 0;
    effects.emplace_back(Close{});
}

Effects Room::on_shutdown(Now now) {
    Effects effects;
    publish_held_back(effects, now);
    turn_away_waiting(effects, {Condition::service_unavailable, "the room is shutting down", ErrorType::wait});
    for (const Occupant& occupant : occupants_.all()) {
        for (const Attendance& session : occupant.sessions) {
            ShowPresence shown;
            shown.to = make_audience(session.route);
            shown.occupant = view(occupant, nullptr, nullptr);
            shown.occupant.role = Role::none;
            shown.available = false;
            shown.statuses = {110, 332};
            effects.emplace_back(std::move(shown));
        }
    }
    occupants_.clear();
    answer_by_.reset();
    lingers_until_.reset();
    return effects;
}

/// What the room subscribes to, for people.
std::string Room::reads_what() const {
    if (!wiring_.filters.empty())
        return wiring_.filters;
    return wiring_.home.empty() ? "the room's address" : wiring_.home;
}

const Jid& Room::address() const { return address_; }
const RoomOptions& Room::options() const { return options_; }
const Subject& Room::subject() const { return subject_; }
std::size_t Room::occupant_count() const { return occupants_.size(); }
std::size_t Room::in_flight() const { return in_flight_.size() + copies_on_their_way(); }
bool Room::awaits(const std::string& stanza_id) { return in_flight_.find(stanza_id) != nullptr; }
bool Room::has_nick(const std::string& nick) const { return occupants_.find_nick(fold_nick(nick)) != nullptr; }

std::optional<Visitor> Room::bearer_of(const std::string& nick) const {
    const Occupant* occupant = occupants_.find_nick(fold_nick(nick));
    if (!occupant || occupant->speaker->nick != nick)
        return std::nullopt;
    return Visitor{occupant->shown().route, occupant->shown().jid};
}

std::vector<std::string> Room::nicks() const {
    std::vector<std::string> nicks;
    for (const Occupant& occupant : occupants_.all())
        nicks.push_back(occupant.speaker->nick);
    return nicks;
}

const std::string* Room::nick_of(const Jid& full) const {
    const Occupant* occupant = occupants_.find(full);
    return occupant ? &occupant->speaker->nick : nullptr;
}

bool Room::knows(const Jid& full) const {
    const auto is_this = [&](const Waiter& waiter) { return waiter.visitor.jid == full && !waiter.has_left; };
    return occupants_.find(full) || std::any_of(waiting_.begin(), waiting_.end(), is_this);
}

Affiliation Room::affiliation_of(const Jid& jid) const {
    return is_administrator(jid) ? Affiliation::owner : affiliations_.of(jid);
}

bool Room::is_administrator(const Jid& jid) const {
    return wiring_.access.is_administrator && wiring_.access.is_administrator(jid.bare());
}

void Room::remember_affiliation(const Jid& bare, Affiliation affiliation) {
    affiliations_.set(bare.bare(), {affiliation});
}

}  // namespace mucbridge
