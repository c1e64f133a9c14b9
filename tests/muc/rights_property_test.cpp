#include <random>

#include "muc/stage.hpp"

using namespace mucbridge;
using A = Affiliation;
using R = Role;

namespace {

/// Users who ask for whatever comes to their minds, whether they may or not. Each session keeps what it is shown.
class Court {
public:
    explicit Court(std::uint32_t seed) : random_{seed} {
        for (const char* user : {"romeo", "juliet", "tybalt", "paris", "nurse"})
            for (int each = 0; each < 2; ++each)
                add_session({user, each == 0 || *user != 'n' ? "localhost" : "elsewhere", std::to_string(each)});
        add_session({"hamlet", "elsewhere", "0"});
    }

    void act() {
        before_ = standings();
        was_secret_ = stage_.room.options().semi_anonymous;
        const auto dice = random_() % 100;
        const Visitor& visitor = any(visitors_);
        if (dice < 30)
            joins(visitor);
        else if (dice < 36)
            take(stage_.room.on_leave(visitor, nullptr, stage_.now));
        else if (dice < 40)
            take(stage_.room.on_presence(visitor, any(nicks_), nullptr, "", stage_.now));
        else if (dice < 78)
            asks(any_actor());
        else if (dice < 84)
            registers(visitor);
        else if (dice < 87)
            speaks_up(visitor);
        else if (dice < 90)
            invites(visitor);
        else if (dice < 99)
            configures(visitor);
        else
            destroys(visitor);
        check_owner();
        check_nicks();
        check_views();
    }

    int changes() const { return changes_; }

private:
    struct Seen {
        Role role;
        Affiliation affiliation;
        bool operator==(const Seen&) const = default;
    };
    struct Seat {
        std::string nick;  // "": not inside
        Role role = R::none;
        std::map<std::string, Seen> seen;  // by nick, oneself included
    };

    template <class T>
    const T& any(const std::vector<T>& many) {
        return many[random_() % many.size()];
    }

    void add_session(Jid jid) { visitors_.push_back({{0, 0, visitors_.size()}, std::move(jid)}); }

    std::map<Jid, A> standings() const {
        std::map<Jid, A> all;
        all[elsewhere_] = stage_.room.affiliation_of(elsewhere_);
        for (const Visitor& visitor : visitors_)
            all[visitor.jid.bare()] = stage_.room.affiliation_of(visitor.jid);
        return all;
    }

    void joins(const Visitor& visitor) {
        take(stage_.joins(visitor, any(nicks_)));
        take(stage_.room.on_granted({true}, stage_.now));
    }

    RightsItem any_item() {
        RightsItem item;
        if (random_() % 3 > 0)
            item.nick = any(nicks_);
        if (random_() % 2 == 0)
            item.jid = random_() % 8 == 0 ? elsewhere_ : any(visitors_).jid.bare();
        if (random_() % 2 == 0)
            item.role = any(std::vector{R::none, R::visitor, R::participant, R::moderator});
        else
            item.affiliation = any(std::vector{A::outcast, A::none, A::member, A::member, A::admin, A::owner});
        return item;
    }

    /// Every other time one who may do something.
    const Visitor& any_actor() {
        std::vector<std::size_t> moderators;
        for (const auto& [number, seat] : seats_)
            if (seat.role == R::moderator)
                moderators.push_back(number);
        return moderators.empty() || random_() % 2 == 0 ? any(visitors_) : visitors_[any(moderators)];
    }

    void asks(const Visitor& visitor) {
        std::vector<RightsItem> items;
        for (auto left = random_() % 3 + 1; left > 0; --left)
            items.push_back(any_item());
        const std::map<std::size_t, Seat> seats = seats_;
        const Verdict verdict = stage_.room.on_rights(visitor, items, stage_.now);
        if (verdict.refusal) {
            CHECK(verdict.effects.empty());
            CHECK(standings() == before_);
            return;
        }
        ++changes_;
        take(verdict.effects);
        check_power(visitor, seats);
    }

    /// Whoever lost something lost it to one at least as great; nobody was made greater than who made it so.
    void check_power(const Visitor& actor, const std::map<std::size_t, Seat>& seats) {
        const A power = before_.at(actor.jid.bare());
        for (const auto& [user, affiliation] : standings())
            if (affiliation != before_.at(user)) {
                CHECK(power >= A::admin);
                CHECK((power == A::owner || (affiliation < A::admin && before_.at(user) < A::admin)));
            }
        for (const auto& [number, seat] : seats) {
            const auto now = seats_.find(number);
            const R role = now == seats_.end() ? R::none : now->second.role;
            if (role >= seat.role)
                continue;
            CHECK(power >= before_.at(visitors_[number].jid.bare()));
            CHECK((power >= A::admin || (seat.role < R::moderator && role == R::none) ||
                   number == actor.route.session || visitors_[number].jid.bare() == actor.jid.bare() ||
                   power > before_.at(visitors_[number].jid.bare())));
        }
    }

    void registers(const Visitor& visitor) {
        const A affiliation = before_.at(visitor.jid.bare());
        const bool leaves = random_() % 3 == 0;
        const Verdict verdict = leaves ? stage_.room.on_deregister(visitor, stage_.now)
                                       : stage_.room.on_register(visitor, any(nicks_), stage_.now);
        if (affiliation < A::member)
            CHECK(verdict.refusal.has_value());
        take(verdict.effects);
        const A after = stage_.room.affiliation_of(visitor.jid);
        CHECK((leaves && affiliation == A::member ? after < A::member : after == affiliation));
    }

    /// One asks for voice; another, who may be no moderator, says yes.
    void speaks_up(const Visitor& visitor) {
        const Effects asked = stage_.room.on_voice_request(visitor, "", stage_.now);
        if (const auto* ask = first<AskForVoice>(asked))
            for (const Route& route : *ask->to)
                CHECK(seats_.at(route.session).role == R::moderator);
        take(stage_.room.on_voice_answer(any(visitors_), {.jid = visitor.jid, .allowed = true}, "", stage_.now));
    }

    void invites(const Visitor& visitor) {
        const Jid guest = any(visitors_).jid.bare();
        const Effects effects = stage_.room.on_invite(visitor, {{guest, "", "", false}}, "", stage_.now);
        CHECK((first<Invite>(effects) == nullptr) == (first<Refuse>(effects) != nullptr));
        if (first<Invite>(effects))
            CHECK((seats_.contains(visitor.route.session) && before_.at(guest) > A::outcast));
        take(effects);
    }

    void configures(const Visitor& visitor) {
        RoomOptions options;
        options.semi_anonymous = random_() % 3 > 0;
        options.members_only = random_() % 3 == 0;
        options.moderated = random_() % 2 == 0;
        options.broadcast.visitor = random_() % 2 == 0;
        options.broadcast.participant = random_() % 4 > 0;
        const Verdict verdict = stage_.room.on_options(visitor, options, stage_.now);
        CHECK(verdict.refusal.has_value() == (before_.at(visitor.jid.bare()) != A::owner));
        take(verdict.effects);
    }

    void destroys(const Visitor& visitor) {
        const Verdict verdict = stage_.room.on_destroy(visitor, {}, stage_.now);
        CHECK(verdict.refusal.has_value() == (before_.at(visitor.jid.bare()) != A::owner));
        take(verdict.effects);
        if (verdict.refusal)
            return;
        CHECK(seats_.empty());
        before_.clear();
    }

    void take(const Effects& effects) {
        entering_.clear();
        for (const Effect& effect : effects)
            if (const auto* shown = std::get_if<ShowPresence>(&effect); shown && is_self(*shown) && shown->available)
                for (const Route& route : *shown->to)
                    entering_[route.session] = shown->occupant.role;
        for (const Effect& effect : effects)
            std::visit([this](const auto& each) { see(each); }, effect);
    }

    static bool has(const ShowPresence& shown, int status) {
        return std::find(shown.statuses.begin(), shown.statuses.end(), status) != shown.statuses.end();
    }
    static bool is_self(const ShowPresence& shown) { return has(shown, 110); }

    bool may_see_jids(std::size_t number) const {
        const auto seat = seats_.find(number);
        const bool is_inside = seat != seats_.end() && !seat->second.nick.empty();
        const R role = is_inside ? seat->second.role : entering_.at(number);
        return role == R::moderator || !was_secret_ || !stage_.room.options().semi_anonymous;
    }

    void see(const ShowPresence& shown) {
        CHECK_FALSE(shown.to->empty());
        for (const Route& route : *shown.to)
            see(shown, route.session);
    }

    void see(const ShowPresence& shown, std::size_t number) {
        const OccupantView& occupant = shown.occupant;
        if (shown.actor && shown.actor->real_jid)
            CHECK((may_see_jids(number) || is_self(shown)));
        if (occupant.real_jid && !is_self(shown))
            CHECK(may_see_jids(number));
        if (is_self(shown) && !shown.available && shown.new_nick.empty()) {
            const bool was_inside = seats_.erase(number) == 1;
            CHECK((was_inside || has(shown, 333)));  // who leaves without being inside is told that, too
            return;
        }
        Seat& seat = seats_[number];
        if (is_self(shown)) {
            seat.nick = occupant.nick;
            seat.role = occupant.role;
        }
        seat.seen.erase(occupant.nick);
        if (shown.available)
            seat.seen.emplace(occupant.nick, Seen{occupant.role, occupant.affiliation});
    }

    void see(const ShowAffiliation& shown) {
        for (const Route& route : *shown.to)
            CHECK(may_see_jids(route.session));
    }
    template <class Other>
    void see(const Other&) {}

    void check_owner() const {
        const auto is_owner = [](const auto& each) { return each.second == A::owner; };
        const auto now = standings();
        if (std::any_of(before_.begin(), before_.end(), is_owner))
            CHECK(std::any_of(now.begin(), now.end(), is_owner));
    }

    /// Nobody is called as another has reserved it.
    void check_nicks() const {
        for (const Visitor& visitor : visitors_) {
            const auto reserved = stage_.room.registration(visitor);
            const auto* nick = std::get_if<std::string>(&reserved);
            for (const auto& [number, seat] : seats_)
                CHECK((!nick || nick->empty() || seat.nick != *nick ||
                       visitors_[number].jid.bare() == visitor.jid.bare()));
        }
    }

    /// What each session was shown is what each occupant knows of itself, as far as the role is broadcast.
    void check_views() const {
        std::map<std::string, Seen> truth;
        for (const auto& [number, seat] : seats_) {
            const A affiliation = stage_.room.affiliation_of(visitors_[number].jid);
            CHECK(seat.seen.at(seat.nick) == Seen{seat.role, affiliation});
            CHECK(truth.emplace(seat.nick, Seen{seat.role, affiliation}).first->second.role == seat.role);
            CHECK((affiliation > A::outcast && (affiliation >= A::member || !stage_.room.options().members_only)));
        }
        CHECK(truth.size() == stage_.room.occupant_count());
        for (const auto& [number, seat] : seats_) {
            std::map<std::string, Seen> expected;
            for (const auto& [nick, seen] : truth)
                if (nick == seat.nick || stage_.room.options().broadcast.shows(seen.role))
                    expected.emplace(nick, seen);
            CHECK((seat.seen == expected));
        }
    }

    const Strings nicks_{"a", "b", "c", "d", "e", "f"};
    const Jid elsewhere_{"", "elsewhere", ""};
    std::vector<Visitor> visitors_;  // by the number of their route
    Stage stage_;
    std::mt19937 random_;
    std::map<std::size_t, Seat> seats_;  // of the sessions inside
    std::map<std::size_t, R> entering_;  // the roles of those who come in with these effects
    std::map<Jid, A> before_;            // this act
    bool was_secret_ = true;
    int changes_ = 0;
};

}  // namespace

TEST_CASE("whoever asks for whatever, power stays with the greater, views agree, JIDs keep secret [XEP-0045 §5]") {
    int changes = 0;
    for (std::uint32_t seed = 1; seed <= 30; ++seed) {
        CAPTURE(seed);
        Court court{seed};
        for (int each = 0; each < 1000; ++each)
            court.act();
        changes += court.changes();
    }
    CHECK(changes > 1000);
}
