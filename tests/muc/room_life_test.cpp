#include "muc/stage.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

TEST_CASE("an emptied room lingers, then unsubscribes and closes [K5]") {
    Stage stage;
    stage.open();
    stage.leaves(romeo);
    CHECK_FALSE(stage.room.next_tick());
    stage.leaves(juliet);
    CHECK(stage.room.next_tick() == stage.now.tick + 30s);
    stage.wait(29999ms);
    CHECK(stage.ticks().empty());
    CHECK(stage.sleeps() == Strings{"unsubscribe", "close"});
    CHECK_FALSE(stage.room.next_tick());
}

TEST_CASE("who comes back while the room lingers finds it as it was") {
    Stage stage;
    stage.open();
    stage.sets_subject(romeo, "Verona");
    stage.leaves(juliet);
    stage.leaves(romeo);
    stage.wait(29s);
    CHECK(stage.hears(Stage::plain("sensor", "x")).empty());
    CHECK(in_words(stage.joins(romeo, "romeo")) == Strings{"1 < [romeo moderator owner is romeo@localhost/1 110]",
                                                           "1 < sensor [main]: x (delayed)",
                                                           "1 < romeo: subject 'Verona' (delayed)"});
    CHECK_FALSE(stage.room.next_tick());
    CHECK(stage.room.affiliation_of(romeo.jid) == Affiliation::owner);
}

TEST_CASE("a lingering room is nobody's to take over") {
    Stage stage;
    stage.open();
    stage.leaves(juliet);
    stage.leaves(romeo);
    CHECK(in_words(stage.joins(tybalt, "tybalt"))[0] == "3 < [tybalt participant none is tybalt@localhost/3 110]");
}

TEST_CASE("a refused joiner does not end the lingering, nor lengthen it") {
    Stage stage;
    stage.open();
    stage.leaves(juliet);
    stage.leaves(romeo);
    const auto closing = stage.room.next_tick();
    stage.wait(1s);
    CHECK(in_words(stage.joins(tybalt, " ")) == Strings{"3 < refused   jid-malformed modify"});
    CHECK(stage.room.next_tick() == closing);
}

TEST_CASE("a room stays until its lines are home, and closes as soon as they are") {
    Stage stage;
    stage.open();
    stage.leaves(romeo);
    stage.says(juliet, "a");
    stage.leaves(juliet);
    stage.wait(31s);
    CHECK(stage.ticks().empty());
    SUBCASE("by the echo") {
        CHECK(stage.hears(stage.sealed(stage.published[0], "juliet", "a")) == Strings{"home", "unsubscribe", "close"});
    }
    SUBCASE("by a refusal, which still goes to who said it") {
        CHECK(stage.rejected(stage.published[0], "no") ==
              Strings{"2 < refused message not-allowed cancel", "home", "unsubscribe", "close"});
    }
    SUBCASE("by the deadline of the echo") {
        stage.accepted(stage.published[0]);
        CHECK(stage.sleeps() == Strings{"home", "unsubscribe", "close"});
    }
    SUBCASE("but not for ever: 5 minutes") {
        CHECK(stage.sleeps() == Strings{"home", "unsubscribe", "close"});
        CHECK(stage.now.tick >= Tick{1h} + 5min);
    }
}

TEST_CASE("the lines of a lingering room are the history of who comes next") {
    Stage stage;
    stage.open();
    stage.says(juliet, "a");
    stage.leaves(romeo);
    stage.leaves(juliet);
    CHECK(stage.hears(stage.sealed(stage.published[0], "juliet", "a")) == Strings{"home"});
    CHECK(in_words(stage.joins(tybalt, "tybalt"))[1] == "3 < juliet: a (delayed)");
}

TEST_CASE("an outage does not end or lengthen the lingering") {
    Stage stage;
    stage.open();
    stage.leaves(juliet);
    stage.leaves(romeo);
    const auto closing = stage.room.next_tick();
    stage.wait(1s);
    stage.room.on_broker_away("cut", stage.now);
    stage.room.on_broker_up(stage.now);
    stage.room.on_granted({true}, stage.now);
    CHECK(stage.room.next_tick() == closing);
    CHECK(stage.sleeps() == Strings{"unsubscribe", "close"});
}

TEST_CASE("a room closed and entered again begins anew") {
    Stage stage;
    stage.open();
    stage.leaves(juliet);
    stage.leaves(romeo);
    stage.sleeps();
    CHECK(in_words(stage.joins(tybalt, "tybalt")) == Strings{"subscribe"});
    CHECK(stage.words(stage.room.on_granted({true}, stage.now))[0] ==
          "3 < [tybalt moderator owner is tybalt@localhost/3 110 201]");
}

TEST_CASE("another rule: a room that no longer reads unsubscribes and says what it has") {
    Stage stage;
    stage.open();
    stage.says(romeo, "a");
    stage.accepted(stage.published[0]);
    CHECK(stage.words(stage.room.on_wired(writes_only(), stage.now)) ==
          Strings{"unsubscribe", "1,2 < romeo: a", "home"});
    stage.says(romeo, "b");
    CHECK(stage.accepted(stage.published[1]) == Strings{"1,2 < romeo: b", "home"});
    CHECK(stage.words(stage.room.on_wired(both_ways(), stage.now)) == Strings{"subscribe"});
    CHECK(stage.says(romeo, "c").empty());
    CHECK(stage.words(stage.room.on_granted({true}, stage.now)) == Strings{"publish romeo: c"});
}

TEST_CASE("a line in flight is known by the address where it was published") {
    Stage stage;
    stage.open();
    stage.says(romeo, "a");
    RoomWiring elsewhere = both_ways();
    elsewhere.home = "foo/baz";
    stage.room.on_wired(elsewhere, stage.now);
    CHECK(stage.hears(stage.sealed(stage.published[0], "romeo", "a")) == Strings{"1,2 < romeo: a", "home"});
}

TEST_CASE("lines said before the broker told its protocol are known by their text where it is MQTT 3.1.1") {
    Stage stage;
    stage.room.on_broker_away("not yet connected", stage.now);
    stage.joins(romeo, "romeo");
    stage.says(romeo, "a");
    stage.says(romeo, "b");
    stage.room.on_wired(bare_text(), stage.now);
    stage.room.on_broker_up(stage.now);
    stage.says(romeo, "c");
    CHECK(stage.words(stage.room.on_granted({true}, stage.now)) == Strings{"publish romeo: c"});
    for (const char* body : {"a", "b", "c"})
        CHECK(stage.hears(Stage::plain("main", body)) == Strings{std::string{"1 < romeo: "} + body, "home"});
}

TEST_CASE("a room may be moved") {
    Stage stage;
    stage.open();
    stage.says(romeo, "a");
    Room moved = std::move(stage.room);
    CHECK(in_words(moved.on_heard(stage.sealed(stage.published[0], "romeo", "a"), stage.now)) ==
          Strings{"1,2 < romeo: a", "home"});
}
