#include "muc/stage.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;
using A = Affiliation;

namespace {

RoomWiring by_rule() {
    RoomWiring wiring = both_ways();
    wiring.persistent = true;
    wiring.access.rule = "rule 2";
    return wiring;
}

/// Login is open: what users of localhost are is not kept.
RoomWiring open_login() {
    RoomWiring wiring = both_ways();
    wiring.access.is_kept = [](const Jid& bare) { return bare.domain != "localhost"; };
    return wiring;
}

Strings outcome(const Verdict& verdict) {
    if (verdict.refusal)
        return {std::string{to_string(verdict.refusal->condition)}, verdict.refusal->text};
    return in_words(verdict.effects);
}

bool has(const Strings& words, const std::string& word) { return std::ranges::count(words, word) == 1; }

/// Romeo (session 1, the owner) and juliet (2) inside.
struct Verona : Stage {
    explicit Verona(RoomWiring wiring = both_ways(), RoomOptions options = {})
        : Stage{std::move(wiring), std::move(options)} {
        open();
    }
    Strings configures(const Visitor& visitor, RoomOptions options) {
        return outcome(room.on_options(visitor, std::move(options), now));
    }
    Strings rights(const Visitor& visitor, RightsItem item) { return outcome(room.on_rights(visitor, {item}, now)); }
    void everybody_leaves() {
        leaves(romeo);
        leaves(juliet);
    }
    /// As a process that comes after this one has it.
    RestoredRoom remembered() const { return {room.options(), room.kept_rights(), room.subject()}; }
};

}  // namespace

TEST_CASE("a persistent room is there when nobody is inside, and stays subscribed [XEP-0045 §7.14]") {
    Verona stage;
    CHECK(stage.configures(romeo, {.title = "Verona", .persistent = true}) ==
          Strings{"keep room", "1,2 < configured 104"});
    stage.sets_subject(romeo, "Lamentable");
    stage.everybody_leaves();
    CHECK(stage.room.is_persistent());
    CHECK_FALSE(stage.room.next_tick());
    stage.wait(24h);
    CHECK(stage.ticks().empty());
    CHECK(in_words(stage.joins(juliet, "juliet")) == Strings{"2 < [juliet participant none is juliet@localhost/2 110]",
                                                             "2 < romeo: subject 'Lamentable' (delayed)"});
    CHECK(in_words(stage.joins(romeo, "romeo")).back() == "1 < romeo: subject 'Lamentable' (delayed)");
    CHECK(stage.room.affiliation_of(romeo.jid) == A::owner);
    CHECK(stage.room.options().title == "Verona");
}

TEST_CASE("what is said in an empty persistent room is history to who comes later") {
    Verona stage;
    stage.configures(romeo, {.persistent = true});
    stage.everybody_leaves();
    stage.hears(Stage::plain("sensor", "21 degrees"));
    CHECK(has(in_words(stage.joins(juliet, "juliet")), "2 < sensor [main]: 21 degrees (delayed)"));
}

TEST_CASE("a room that is persistent no longer ends as any other") {
    Verona stage;
    stage.configures(romeo, {.persistent = true});
    CHECK(stage.configures(romeo, {}) == Strings{"forget kept", "1,2 < configured 104"});
    stage.everybody_leaves();
    CHECK(stage.sleeps() == Strings{"unsubscribe", "close"});

    Verona empty;
    empty.configures(romeo, {.persistent = true});
    empty.everybody_leaves();
    empty.wait(24h);
    CHECK(empty.configures(romeo, {}) == Strings{"forget kept"});
    CHECK(empty.room.next_tick() == empty.now.tick + RoomLimits{}.linger);
    CHECK(empty.sleeps() == Strings{"unsubscribe", "close"});
}

TEST_CASE("a room that lingers stays when it becomes persistent [XEP-0045 §10.2]") {
    Verona stage;
    stage.everybody_leaves();
    CHECK(stage.configures(romeo, {.persistent = true}) == Strings{"keep room"});
    CHECK_FALSE(stage.room.next_tick());
    stage.wait(24h);
    CHECK(stage.ticks().empty());
}

TEST_CASE("a persistent room is destroyed as any other, and all that was kept of it forgotten [XEP-0045 §10.9]") {
    Verona stage{both_ways(), {.persistent = true}};
    stage.leaves(juliet);
    CHECK(outcome(stage.room.on_destroy(romeo, {}, stage.now)) ==
          Strings{"forget kept", "1 < [gone romeo none none 110 destroyed for '']", "unsubscribe", "close"});
    CHECK_FALSE(stage.room.is_persistent());
    CHECK(stage.room.kept_rights().empty());
}

TEST_CASE("nothing is archived of a destroyed room whose lines still come home") {
    Verona stage{by_rule()};
    stage.says(juliet, "a");
    stage.says(juliet, "b");
    stage.room.on_destroy(romeo, {}, stage.now);
    CHECK(stage.hears(stage.sealed(stage.published[0], "juliet", "a")) == Strings{"home"});
    // By its rule a new room of that name is persistent too.
    CHECK(in_words(stage.joins(tybalt, "tybalt")) ==
          Strings{"keep room", "3 < [tybalt moderator owner is tybalt@localhost/3 110 201]", "3 < : subject ''"});
}

TEST_CASE("each change of what is kept is told, before it is shown") {
    Verona stage{both_ways(), {.persistent = true}};
    const Jid paris{"paris", "localhost", ""};
    CHECK(stage.configures(romeo, {.title = "Verona", .persistent = true}) ==
          Strings{"keep options", "1,2 < configured 104"});
    CHECK(stage.configures(romeo, {.title = "Verona", .persistent = true}).empty());
    CHECK(stage.sets_subject(romeo, "Lamentable") == Strings{"keep subject", "1,2 < romeo: subject 'Lamentable'"});
    CHECK(stage.rights(romeo, {.jid = paris, .affiliation = A::outcast}).front() == "keep right of paris@localhost");
    CHECK(stage.rights(romeo, {.nick = "juliet", .affiliation = A::member}).front() ==
          "keep right of juliet@localhost");
    CHECK(outcome(stage.room.on_register(juliet, "Jule", stage.now)).front() == "keep right of juliet@localhost");
    CHECK(stage.room.kept_right(juliet.jid.bare()) == RestoredRoom::Right{juliet.jid.bare(), A::member, "Jule"});
    CHECK(outcome(stage.room.on_deregister(juliet, stage.now)).front() == "keep right of juliet@localhost");
    CHECK(stage.room.kept_right(juliet.jid.bare()) == RestoredRoom::Right{juliet.jid.bare()});
    CHECK(outcome(stage.room.on_register(romeo, "Montague", stage.now)).front() == "keep right of romeo@localhost");
    CHECK(outcome(stage.room.on_deregister(romeo, stage.now)).front() == "keep right of romeo@localhost");
    CHECK(stage.room.kept_rights() ==
          std::vector<RestoredRoom::Right>{{paris, A::outcast}, {romeo.jid.bare(), A::owner}});
}

TEST_CASE("an invitation that makes a member is kept as well [XEP-0045 §7.8.2]") {
    Verona stage{both_ways(), {.persistent = true}};
    stage.configures(romeo, {.members_only = true, .persistent = true});
    CHECK(in_words(stage.room.on_invite(romeo, {{.to = tybalt.jid}}, "", stage.now)).front() ==
          "keep right of tybalt@localhost");
}

TEST_CASE("nothing is told of what is refused, nor of a kick, nor where a room is not persistent") {
    Verona stage{both_ways(), {.persistent = true}};
    const auto is_silent = [](const Strings& words) {
        return std::ranges::none_of(words, [](const auto& word) { return word.find("keep") != std::string::npos; });
    };
    CHECK(is_silent(stage.configures(juliet, {.title = "Mantua", .persistent = true})));
    CHECK(is_silent(stage.sets_subject(juliet, "x")));
    CHECK(is_silent(stage.rights(romeo, {.nick = "juliet", .role = Role::none})));

    Verona temporary;
    CHECK(is_silent(temporary.configures(romeo, {.title = "Verona"})));
    CHECK(is_silent(temporary.sets_subject(romeo, "x")));
    CHECK(is_silent(temporary.rights(romeo, {.nick = "juliet", .affiliation = A::member})));
    CHECK(outcome(temporary.room.on_destroy(romeo, {}, temporary.now)).front().find("forget") == std::string::npos);
}

TEST_CASE("where the rule makes rooms persistent they are so from the first entry") {
    Stage stage{by_rule()};
    CHECK(stage.room.options().persistent);
    CHECK_FALSE(stage.room.is_persistent());
    stage.joins(romeo, "romeo");
    CHECK(in_words(stage.room.on_granted({true}, stage.now)) ==
          Strings{"keep room", "1 < [romeo moderator owner is romeo@localhost/1 110 201]", "1 < : subject ''"});
    CHECK(in_words(stage.joins(juliet, "juliet")).front() == "2 < [romeo moderator owner]");
}

TEST_CASE("a room that nobody got into is not kept, whatever its rule says") {
    Stage stage{by_rule()};
    stage.joins(romeo, "romeo");
    CHECK(in_words(stage.room.on_granted({false, 0, "no"}, stage.now)).back() == "close");

    Stage left{by_rule()};
    left.joins(romeo, "romeo");
    left.leaves(romeo);
    CHECK_FALSE(left.room.is_persistent());
}

TEST_CASE("no form undoes what the rule does, and the refusal names it [XEP-0045 §10.2]") {
    Verona stage{by_rule()};
    CHECK(stage.configures(romeo, {.title = "Verona"}) ==
          Strings{"not-acceptable", "rule 2 makes this room persistent"});
    CHECK(stage.room.options().title.empty());
    CHECK(stage.configures(romeo, {.title = "Verona", .persistent = true}).front() == "keep options");
    CHECK(stage.configures(juliet, {.persistent = false}).front() == "forbidden");
}

TEST_CASE("a rule that comes to make rooms persistent does so with those that are there; one that no longer does not") {
    Verona stage;
    stage.everybody_leaves();
    CHECK(in_words(stage.room.on_wired(by_rule(), stage.now)) == Strings{"keep room"});
    CHECK(in_words(stage.room.on_wired(by_rule(), stage.now)).empty());
    CHECK_FALSE(stage.room.next_tick());
    CHECK(in_words(stage.room.on_wired(both_ways(), stage.now)).empty());
    CHECK(stage.room.is_persistent());
    CHECK(stage.configures(romeo, {}) == Strings{"forget kept"});
}

TEST_CASE("there are no more persistent rooms than may be, by form or by rule") {
    bool may_persist = true;
    RoomWiring wiring = both_ways();
    wiring.access.may_persist = [&] { return may_persist; };
    const std::string words = "there are as many persistent rooms as there may be (limits/persistent_rooms)";
    Verona stage{wiring};
    may_persist = false;
    CHECK(stage.configures(romeo, {.persistent = true}) == Strings{"resource-constraint", words});
    may_persist = true;
    CHECK(stage.configures(romeo, {.persistent = true}).front() == "keep room");
    may_persist = false;
    CHECK(stage.configures(romeo, {.title = "Verona", .persistent = true}).front() == "keep options");

    wiring.persistent = true;
    Stage ruled{wiring};
    const Effects effects = ruled.joins(romeo, "romeo");
    REQUIRE(first<Refuse>(effects));
    CHECK(first<Refuse>(effects)->error.condition == Condition::resource_constraint);
    CHECK(first<Refuse>(effects)->error.text == words);
    CHECK(in_words(effects).back() == "close");
}

TEST_CASE("a restored room is as it was, and no new one: no 201, its owner the same [XEP-0045 §10]") {
    Verona before{both_ways(), {.title = "Verona", .persistent = true}};
    before.sets_subject(romeo, "Lamentable");
    before.rights(romeo, {.jid = tybalt.jid, .affiliation = A::outcast});
    Stage after;
    CHECK(in_words(after.room.restore(before.remembered(), after.now)) == Strings{"subscribe"});
    CHECK(after.room.is_persistent());
    CHECK_FALSE(after.room.next_tick());
    CHECK(after.room.options().title == "Verona");
    CHECK(in_words(after.joins(tybalt, "tybalt")) == Strings{"3 < refused tybalt forbidden auth"});
    // Nobody waits for the subscription of a room that is there.
    CHECK(in_words(after.joins(juliet, "juliet")) == Strings{"2 < [juliet participant none is juliet@localhost/2 110]",
                                                             "2 < romeo: subject 'Lamentable' (delayed)"});
    CHECK(in_words(after.joins(romeo, "romeo")).at(1) == "2 < [romeo moderator owner]");
}

TEST_CASE("what is said in a restored room waits for the subscription, as in a new one") {
    Stage stage;
    stage.room.restore({{}, {{romeo.jid.bare(), A::owner}}}, stage.now);
    stage.joins(romeo, "romeo");
    CHECK(stage.says(romeo, "a").empty());
    CHECK(in_words(stage.room.on_granted({true}, stage.now)) == Strings{"publish romeo: a"});
}

TEST_CASE("a restored room subscribes its mirrors, and stays when the broker refuses") {
    RoomWiring wiring = both_ways();
    wiring.mirrors = {{.address = "copy", .mark = "[other]"}};
    Stage stage{wiring};
    CHECK(in_words(stage.room.restore({}, stage.now)) == Strings{"subscribe", "subscribe mirror 0"});
    CHECK(in_words(stage.room.on_granted({false, 0, "no"}, stage.now)) == Strings{"warn"});
    CHECK(stage.room.is_persistent());
    CHECK_FALSE(stage.room.next_tick());

    Stage writer{writes_only()};
    CHECK(in_words(writer.room.restore({}, writer.now)).empty());
    CHECK(writer.room.is_persistent());
}

TEST_CASE("reserved nicks are restored [XEP-0045 §7.10]") {
    Stage stage;
    stage.room.restore({{}, {{romeo.jid.bare(), A::owner}, {juliet.jid.bare(), A::member, "Jule"}}}, stage.now);
    CHECK(in_words(stage.joins(romeo, "jule")) == Strings{"1 < refused jule conflict cancel"});
    CHECK(std::get<std::string>(stage.room.registration(juliet)) == "Jule");
}

TEST_CASE("with an open login nothing is kept of our users, and who comes first after a restart is the owner") {
    Verona before{open_login(), {.persistent = true}};
    const Jid paris{"paris", "verona", ""};
    CHECK(before.rights(romeo, {.jid = paris, .affiliation = A::member}).front() == "keep right of paris@verona");
    CHECK_FALSE(
        has(before.rights(romeo, {.nick = "juliet", .affiliation = A::member}), "keep right of juliet@localhost"));
    CHECK(before.room.kept_rights() == std::vector<RestoredRoom::Right>{{paris, A::member}});
    CHECK(before.room.kept_right(juliet.jid.bare()) == RestoredRoom::Right{juliet.jid.bare()});

    Stage after{open_login()};
    after.room.restore(before.remembered(), after.now);
    CHECK(in_words(after.joins(juliet, "juliet")).front() == "2 < [juliet moderator owner is juliet@localhost/2 110]");
    CHECK(in_words(after.joins(romeo, "romeo")).at(1) == "2 < [romeo participant none is romeo@localhost/1]");
}

TEST_CASE("a new owner of a restored room is kept") {
    Stage stage;
    stage.room.restore({{}, {{juliet.jid.bare(), A::member, "Jule"}}}, stage.now);
    CHECK(in_words(stage.joins(juliet, "juliet")).front() == "keep right of juliet@localhost");
    CHECK(stage.room.kept_rights() == std::vector<RestoredRoom::Right>{{juliet.jid.bare(), A::owner, "Jule"}});
}

TEST_CASE("a members-only room whose members are all forgotten lets in one who owns it; else its members alone") {
    const RoomOptions closed{.members_only = true};
    Stage stage;
    stage.room.restore({closed, {{tybalt.jid.bare(), A::outcast}}}, stage.now);
    CHECK(in_words(stage.joins(tybalt, "tybalt")) == Strings{"3 < refused tybalt forbidden auth"});
    CHECK(has(in_words(stage.joins(romeo, "romeo")), "1 < [romeo moderator owner is romeo@localhost/1 110]"));
    CHECK(in_words(stage.joins(juliet, "juliet")) == Strings{"2 < refused juliet registration-required auth"});

    Stage with_members;
    with_members.room.restore({closed, {{juliet.jid.bare(), A::member}}}, with_members.now);
    CHECK(in_words(with_members.joins(romeo, "romeo")) == Strings{"1 < refused romeo registration-required auth"});
    with_members.joins(juliet, "juliet");
    CHECK(with_members.room.affiliation_of(juliet.jid) == A::owner);
}

TEST_CASE("a room's end does not wait for a shutdown: a persistent one keeps its subscription") {
    Verona stage{both_ways(), {.persistent = true}};
    const Strings words = in_words(stage.room.on_shutdown(stage.now));
    CHECK_FALSE(has(words, "unsubscribe"));
    CHECK_FALSE(has(words, "forget kept"));
    CHECK_FALSE(stage.room.next_tick());
}

TEST_CASE("what a delivery brought is not done with it until the archive has the line [S7]") {
    Verona stage(by_rule());
    const auto journalled = std::make_shared<int>();
    const auto receipt_of = [&](Heard heard) {
        heard.journal = 7;
        heard.receipt = journalled;
        const Effects effects = stage.room.on_heard(std::move(heard), stage.now);
        const auto* kept = first<KeepLine>(effects);
        return kept != nullptr && kept->journal == 7 ? kept->receipt : nullptr;
    };
    CHECK(receipt_of(Stage::plain("sensor", "21 degrees")) == journalled);
    CHECK(receipt_of(stage.sealed("01936f2c-5b3e-7c1a-9d4e-0f6a7b8c9d0e", "paris", "Sweet flower")) == journalled);
    CHECK(journalled.use_count() == 1);
}
