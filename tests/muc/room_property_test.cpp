#include <deque>
#include <random>

#include "muc/stage.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

/// A broker in miniature, and users who do whatever comes to their minds. It keeps its own account of who is inside and
/// of what became of every line, and complains.
class Play {
public:
    Play(RoomWiring wiring, std::uint32_t seed)
        : has_ids_{wiring.carries_properties}, stage_{std::move(wiring), {}, {.lines_in_flight = 8}}, random_{seed} {
        for (const char* user : {"romeo", "juliet", "tybalt", "paris"})
            for (int each = 0; each < 2; ++each)
                visitors_.push_back(session(user, visitors_.size()));
    }

    void act() {
        const auto dice = random_() % 100;
        const Visitor& visitor = visitors_[random_() % visitors_.size()];
        stage_.wait(std::chrono::milliseconds{random_() % 40 == 0 ? random_() % 20000 : random_() % 200});
        if (dice < 10)
            joins(visitor);
        else if (dice < 14)
            take(stage_.room.on_leave(visitor, nullptr, stage_.now));
        else if (dice < 17)
            dies(visitor);
        else if (dice < 20)
            take(stage_.room.on_presence(visitor, any(nicks_), nullptr, "", stage_.now));
        else if (dice < 45)
            speaks(visitor);
        else if (dice < 50)
            types(visitor);
        else if (dice < 60)
            settles();
        else if (dice < 85)
            echoes();
        else if (dice < 90)
            forges();
        else if (dice < 94)
            flips_broker();
        else
            take(stage_.room.on_tick(stage_.now));
    }

    /// The broker takes everything that it was given; after that no line may be unaccounted for.
    void end() {
        if (away_)
            flips_broker();
        take(stage_.room.on_granted({true}, stage_.now));
        while (!unsettled_.empty())
            settle(Settlement::Outcome::accepted);
        for (int round = 0; round < 10; ++round) {
            stage_.wait(1s);
            take(stage_.room.on_tick(stage_.now));
        }
        CHECK(stage_.room.in_flight() == 0);
        for (const auto& [id, fate] : fates_) {
            CHECK(fate.homes == 1);
            CHECK(fate.shown <= 1);
            CHECK(fate.shown + fate.refused <= 1);
            CHECK((fate.shown + fate.refused + fate.unconfirmed == 1 || fate.was_unseen ||
                   (fate.shown == 1 && fate.unconfirmed == 1)));
        }
    }

    std::size_t lines() const { return fates_.size(); }

private:
    struct Fate {
        Said said;
        std::string user;
        int shown = 0, refused = 0, unconfirmed = 0, homes = 0;
        bool was_unseen = false;  // came home while nobody was inside
    };

    const std::string& any(const Strings& strings) { return strings[random_() % strings.size()]; }

    void joins(const Visitor& visitor) {
        joining_.insert(visitor.jid);
        take(stage_.joins(visitor, any(nicks_)));
    }

    void dies(const Visitor& visitor) {
        take(stage_.room.on_gone(visitor, {333}, stage_.now));
        inside_.erase(visitor.jid);
    }

    void speaks(const Visitor& visitor) {
        Line line;
        line.id = "line " + std::to_string(++said_) + ".";
        line.body = line.id;
        users_[line.id] = visitor.jid.local;
        take(stage_.room.on_groupchat(visitor, std::move(line), stage_.now));
    }

    void types(const Visitor& visitor) {
        Line line;
        line.extra = bytes("<composing/>");
        take(stage_.room.on_groupchat(visitor, std::move(line), stage_.now));
    }

    void settles() {
        if (unsettled_.empty() || away_)
            return;
        const auto dice = random_() % 10;
        settle(dice < 8   ? Settlement::Outcome::accepted
               : dice < 9 ? Settlement::Outcome::rejected
                          : Settlement::Outcome::released);
    }

    void settle(Settlement::Outcome outcome) {
        const std::string id = unsettled_.front();
        if (outcome != Settlement::Outcome::released)
            unsettled_.pop_front();
        if (outcome == Settlement::Outcome::accepted)
            returning_.push_back(id);
        take(stage_.room.on_settled(id, {outcome, "a whim"}, stage_.now));
    }

    /// The next line comes back, perhaps before its settlement; now and then it is lost, comes twice, or late.
    void echoes() {
        if (away_)
            return;
        const bool is_early = returning_.empty() && !unsettled_.empty() && random_() % 3 == 0;
        if (is_early) {
            const std::string id = unsettled_.front();
            unsettled_.pop_front();
            come_back(id);
            return take(stage_.room.on_settled(id, {Settlement::Outcome::accepted}, stage_.now));
        }
        if (returning_.empty())
            return;
        const std::string id = returning_.front();
        returning_.pop_front();
        const auto dice = random_() % 20;
        if (dice > 1)
            come_back(id);
        if (dice == 1)
            late_.push_back(id);
        if (dice == 2)
            come_back(id);
        if (dice < 6 && !late_.empty()) {
            come_back(late_.front());
            late_.pop_front();
        }
    }

    void come_back(const std::string& id) {
        const Said& said = fates_.at(id).said;
        take(stage_.room.on_heard(
            has_ids_ ? stage_.sealed(id, said.nick, *said.line.body) : Stage::plain("main", *said.line.body),
            stage_.now));
    }

    void forges() {
        if (fates_.empty() || !has_ids_)
            return;
        const auto victim = std::next(fates_.begin(), static_cast<std::ptrdiff_t>(random_() % fates_.size()));
        const Heard forged = Stage::plain(victim->second.said.nick, "forged", victim->first);
        const Effects effects = stage_.room.on_heard(forged, stage_.now);
        if (const auto* shown = first<ShowLine>(effects))
            CHECK(shown->nick.ends_with("[main]"));
        CHECK_FALSE(first<Home>(effects));
        take(effects);
    }

    void flips_broker() {
        away_ = !away_;
        if (away_)
            return take(stage_.room.on_broker_away("a whim", stage_.now));
        take(stage_.room.on_broker_up(stage_.now));
        if (random_() % 4 > 0)
            take(stage_.room.on_granted({random_() % 8 > 0, 1, "a whim"}, stage_.now));
    }

    void take(const Effects& effects) {
        for (const Effect& effect : effects)
            std::visit([this](const auto& each) { see(each); }, effect);
    }

    const Jid& jid_of(const Route& route) const { return visitors_.at(route.session).jid; }

    void see(const Publish& publish) {
        const Line& line = publish.said.line;
        CHECK(fates_.emplace(line.stanza_id, Fate{publish.said, users_.at(line.id)}).second);
        unsettled_.push_back(line.stanza_id);
    }

    void see(const ShowPresence& shown) {
        const bool is_self = std::count(shown.statuses.begin(), shown.statuses.end(), 110) > 0;
        // "You are not in the room."
        if (shown.statuses == std::vector{110, 307, 333}) {
            CHECK(inside_.count(jid_of(shown.to->front())) == 0);
            return;
        }
        for (const Route& route : *shown.to) {
            const Jid& jid = jid_of(route);
            if (is_self && shown.available)
                inside_.insert(jid);
            // While joining, one is told of the others first.
            CHECK((inside_.count(jid) == 1 || joining_.count(jid) == 1));
            if (is_self && !shown.available && shown.new_nick.empty())
                inside_.erase(jid);
        }
    }

    void see(const ShowLine& shown) {
        if (shown.line.subject)
            return;
        const auto fate = fates_.find(shown.line.stanza_id);
        const bool was_unseen = fate == fates_.end() ? shown.to->size() == 1 : fate->second.was_unseen;
        const bool is_past = shown.delayed && (ids_.count(shown.line.stanza_id) > 0 || was_unseen);
        if (is_past)
            return;
        CHECK(ids_.insert(shown.line.stanza_id).second);
        std::set<Jid> audience;
        for (const Route& route : *shown.to)
            CHECK(audience.insert(jid_of(route)).second);
        CHECK(audience == inside_);
        if (fate != fates_.end())
            see_shown(fate->second);
    }

    void see_shown(Fate& fate) {
        ++fate.shown;
        if (fate.unconfirmed > 0 || !has_ids_)
            return;
        // Each speaker's own order always holds (S3).
        const int number = std::stoi(fate.said.line.body->substr(5));
        CHECK(number > latest_[fate.user]);
        latest_[fate.user] = number;
    }

    void see(const Refuse& refuse) {
        for (auto& [id, fate] : fates_)
            fate.refused += refuse.kind == Refuse::Kind::message && fate.said.line.id == refuse.id;
    }

    void see(const Notice& notice) {
        for (auto& [id, fate] : fates_)
            fate.unconfirmed += notice.text.find('"' + fate.said.line.id + '"') != std::string::npos;
    }

    void see(const Home& home) {
        Fate& fate = fates_.at(home.stanza_id);
        ++fate.homes;
        fate.was_unseen = inside_.empty();
    }
    void see(const Close&) { CHECK(inside_.empty()); }
    template <class Other>
    void see(const Other&) {}

    const Strings nicks_{"a", "A", "b", "c", "d", "e", "f [main]"};
    std::vector<Visitor> visitors_;  // by the number of their route
    bool has_ids_;
    Stage stage_;
    std::mt19937 random_;
    std::map<std::string, Fate> fates_;
    std::map<std::string, std::string> users_;  // by the id of what they said
    std::map<std::string, int> latest_;         // by user: the number of the line shown last
    std::deque<std::string> unsettled_, returning_, late_;
    std::set<Jid> inside_, joining_;
    std::set<std::string> ids_;
    bool away_ = false;
    int said_ = 0;
};

void play(const RoomWiring& wiring) {
    std::size_t lines = 0;
    for (std::uint32_t seed = 1; seed <= 15; ++seed) {
        CAPTURE(seed);
        Play play{wiring, seed};
        for (int each = 0; each < 1500; ++each)
            play.act();
        play.end();
        lines += play.lines();
    }
    CHECK(lines > 1000);
}

}  // namespace

TEST_CASE("whatever happens, each line ends once, in its speaker's order, before those inside alone [S3, S4, S5]") {
    play(both_ways());
}

TEST_CASE("whatever happens, the same where refusals are silent [S3, S4, S5]") { play(silent()); }

TEST_CASE("whatever happens, each line ends once where nothing but text comes back [S4]") { play(bare_text()); }

TEST_CASE("whatever happens, the same where the room does not read what it writes [S3, S5]") { play(writes_only()); }
