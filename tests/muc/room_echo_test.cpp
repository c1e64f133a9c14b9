#include "muc/stage.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

TEST_CASE("a line is shown to everyone when it comes back, as it was said, once [S4, S5]") {
    Stage stage;
    stage.open();
    Line line;
    line.id = "m1";
    line.body = "But soft";
    line.extra = bytes("<markable/>");
    stage.note(stage.room.on_groupchat(romeo, line, stage.now));
    CHECK(stage.accepted(stage.published[0]).empty());
    const Effects effects = stage.room.on_heard(stage.sealed(stage.published[0], "romeo", "But soft"), stage.now);
    CHECK(in_words(effects) == Strings{"1,2 < romeo: But soft<markable/>", "home"});
    CHECK(first<ShowLine>(effects)->line.id == "m1");
    CHECK(first<ShowLine>(effects)->line.stanza_id == stage.published[0]);
    CHECK(first<ShowLine>(effects)->occupant_id == "id-of-romeo");
    CHECK(first<Home>(effects)->stanza_id == stage.published[0]);
    CHECK(stage.hears(stage.sealed(stage.published[0], "romeo", "But soft")).empty());
    CHECK(stage.accepted(stage.published[0]).empty());
    CHECK(stage.room.in_flight() == 0);
    CHECK_FALSE(stage.room.next_tick());
}

TEST_CASE("an echo before the settlement settles the line") {
    Stage stage;
    stage.open();
    stage.says(romeo, "a");
    CHECK(stage.hears(stage.sealed(stage.published[0], "romeo", "a")) == Strings{"1,2 < romeo: a", "home"});
    CHECK(stage.accepted(stage.published[0]).empty());
    CHECK(stage.rejected(stage.published[0], "late").empty());
}

TEST_CASE("every session is shown the same audience object, until somebody comes or goes") {
    Stage stage;
    stage.open();
    const auto audience = [&] {
        stage.says(romeo, "a");
        return first<ShowLine>(stage.room.on_heard(stage.sealed(stage.published.back(), "romeo", "a"), stage.now))->to;
    };
    const Audience one = audience();
    CHECK(audience() == one);
    stage.joins(tybalt, "tybalt");
    CHECK(to_text(audience()) == "1,2,3");
}

TEST_CASE("a refused line is its speaker's error, in the broker's words, and nobody sees it [S5]") {
    Stage stage;
    stage.open();
    stage.says(juliet, "a");
    const Effects effects =
        stage.room.on_settled(stage.published[0], {Settlement::Outcome::rejected, "not authorized"}, stage.now);
    CHECK(in_words(effects) == Strings{"2 < refused message not-allowed cancel", "home"});
    CHECK(first<Refuse>(effects)->id == "id of a");
    CHECK(first<Refuse>(effects)->type == "groupchat");
    CHECK(first<Refuse>(effects)->error.text == "the broker refuses this line: not authorized");
    CHECK(in_words(stage.joins(tybalt, "tybalt")).back() == "3 < : subject ''");
}

TEST_CASE("a released line stays in flight: the link tries it again [S6]") {
    Stage stage;
    stage.open();
    stage.says(romeo, "a");
    CHECK(stage.words(stage.room.on_settled(stage.published[0], {Settlement::Outcome::released, "cut"}, stage.now))
              .empty());
    CHECK(stage.room.in_flight() == 1);
    CHECK(stage.accepted(stage.published[0]).empty());
    CHECK(stage.hears(stage.sealed(stage.published[0], "romeo", "a")) == Strings{"1,2 < romeo: a", "home"});
}

TEST_CASE("a room that does not read what it writes says a line when it is settled") {
    Stage stage{writes_only()};
    stage.open();
    stage.says(romeo, "a");
    CHECK(stage.accepted(stage.published[0]) == Strings{"1,2 < romeo: a", "home"});
}

TEST_CASE("a line that the broker has and that does not come back is said anyway, once") {
    Stage stage;
    stage.open();
    stage.says(romeo, "a");
    stage.wait(1s);
    stage.accepted(stage.published[0]);
    CHECK(stage.room.next_tick() == stage.now.tick + 5s);
    CHECK(stage.sleeps() == Strings{"1,2 < romeo: a", "home"});
    CHECK(stage.hears(stage.sealed(stage.published[0], "romeo", "a")).empty());
}

TEST_CASE("where refusals are silent, a line without echo is not confirmed, to its speaker alone") {
    Stage stage{silent()};
    stage.open();
    stage.says(juliet, std::string(70, 'x'));
    stage.types(juliet, "active");
    stage.accepted(stage.published[0]);
    stage.wait(5s);
    const Effects effects = stage.room.on_tick(stage.now);
    CHECK(in_words(effects) == Strings{"2 < notice", "home", "1,2 < juliet: <active/>"});
    CHECK_FALSE(first<EchoMissed>(effects)->is_said);
    CHECK(first<Notice>(effects)->text ==
          "Not confirmed: \"" + std::string(60, 'x') + "…\" may not have reached foo/bar.");
}

TEST_CASE("an unconfirmed line that comes late is shown then, as its speaker's, once") {
    Stage stage{silent()};
    stage.open();
    stage.says(juliet, "a");
    stage.accepted(stage.published[0]);
    stage.wait(5s);
    stage.ticks();
    stage.wait(6s);
    CHECK(stage.hears(stage.sealed(stage.published[0], "juliet", "a")) == Strings{"1,2 < juliet: a (delayed)"});
    CHECK(stage.hears(stage.sealed(stage.published[0], "juliet", "a")).empty());
}

TEST_CASE("an unconfirmed line that comes late does not speak for another who has the nick now [S9]") {
    Stage stage{silent()};
    stage.open();
    stage.says(juliet, "a");
    stage.accepted(stage.published[0]);
    stage.wait(5s);
    stage.ticks();
    stage.leaves(juliet);
    stage.joins(tybalt, "juliet");
    CHECK(stage.hears(stage.sealed(stage.published[0], "juliet", "a")) == Strings{"1,3 < juliet [01234567]: a"});
}

TEST_CASE("after three missing echoes in a row the room stops waiting, says so, and says what it has") {
    Stage stage;
    stage.open();
    for (const char* body : {"a", "b", "c", "d"})
        stage.says(romeo, body);
    for (const auto& id : Strings{stage.published[0], stage.published[1], stage.published[2]})
        stage.accepted(id);
    stage.wait(1s);
    stage.accepted(stage.published[3]);
    CHECK(stage.sleeps() == Strings{"1,2 < romeo: a", "home", "1,2 < romeo: b", "home", "1,2 < romeo: c", "home",
                                    "1,2 < notice", "warn", "1,2 < romeo: d", "home"});
    stage.says(juliet, "e");
    CHECK(stage.accepted(stage.published[4]) == Strings{"1,2 < juliet: e", "home"});
    SUBCASE("an echo that comes later turns the waiting on again") {
        CHECK(stage.hears(stage.sealed(stage.published[4], "juliet", "e")).empty());
        stage.says(juliet, "f");
        CHECK(stage.accepted(stage.published[5]).empty());
        CHECK(stage.hears(stage.sealed(stage.published[5], "juliet", "f")) == Strings{"1,2 < juliet: f", "home"});
    }
    SUBCASE("so does one in time, and it is shown once") {
        stage.says(juliet, "f");
        CHECK(stage.hears(stage.sealed(stage.published[5], "juliet", "f")) == Strings{"1,2 < juliet: f", "home"});
        stage.says(juliet, "g");
        CHECK(stage.accepted(stage.published[6]).empty());
    }
    SUBCASE("another gateway's line is no echo") {
        CHECK(stage.hears(stage.sealed("x", "paris", "f")) == Strings{"1,2 < paris: f"});
        stage.says(juliet, "g");
        CHECK(stage.accepted(stage.published[5]) == Strings{"1,2 < juliet: g", "home"});
    }
}

TEST_CASE("an echo between missing ones starts the count again") {
    Stage stage;
    stage.open();
    for (int round = 0; round < 6; ++round) {
        const bool comes_back = round % 2 == 1;
        stage.says(romeo, "a");
        stage.accepted(stage.published.back());
        if (comes_back)
            stage.hears(stage.sealed(stage.published.back(), "romeo", "a"));
        else
            CHECK(stage.sleeps() == Strings{"1,2 < romeo: a", "home"});
    }
}

TEST_CASE("what the broker has when it goes away is said, and echoes that an outage swallowed are not counted [S3]") {
    Stage stage;
    stage.open();
    for (const char* body : {"a", "b", "c", "d"})
        stage.says(romeo, body);
    for (const auto& id : Strings{stage.published})
        stage.accepted(id);
    CHECK(stage.words(stage.room.on_broker_away("cut", stage.now)) ==
          Strings{"1,2 < romeo: a", "home", "1,2 < romeo: b", "home", "1,2 < romeo: c", "home", "1,2 < romeo: d",
                  "home"});
    stage.room.on_broker_up(stage.now);
    stage.room.on_granted({true}, stage.now);
    // A session that the broker kept brings them after all.
    for (const auto& id : Strings{stage.published})
        CHECK(stage.hears(stage.sealed(id, "romeo", "a")).empty());
    stage.says(romeo, "e");
    CHECK(stage.hears(stage.sealed(stage.published.back(), "romeo", "e")) == Strings{"1,2 < romeo: e", "home"});
}

TEST_CASE("a subscription refused later is told to all, and lines are then said when they are settled") {
    Stage stage;
    stage.open();
    stage.says(romeo, "a");
    stage.accepted(stage.published[0]);
    stage.says(romeo, "b");
    CHECK(stage.words(stage.room.on_granted({false, 0, "not authorized"}, stage.now)) ==
          Strings{"1,2 < notice", "warn", "1,2 < romeo: a", "home"});
    CHECK(stage.accepted(stage.published[1]) == Strings{"1,2 < romeo: b", "home"});
    CHECK(stage.words(stage.room.on_granted({false, 0, "not authorized"}, stage.now)).empty());
    CHECK(in_words(stage.joins(tybalt, "tybalt")).back() == "3 < notice");
}

TEST_CASE("an echo that overtakes a settled line of its speaker proves that one lost: it is said first [S3]") {
    Stage stage;
    stage.open();
    for (const char* body : {"a", "b"})
        stage.says(romeo, body);
    stage.says(juliet, "c");
    for (const auto& id : Strings{stage.published})
        stage.accepted(id);
    CHECK(stage.hears(stage.sealed(stage.published[1], "romeo", "b")) ==
          Strings{"1,2 < romeo: a", "home", "1,2 < romeo: b", "home"});
    CHECK(stage.hears(stage.sealed(stage.published[0], "romeo", "a")).empty());
    CHECK(stage.hears(stage.sealed(stage.published[2], "juliet", "c")) == Strings{"1,2 < juliet: c", "home"});
}

TEST_CASE("one whose lines wait for the broker is told once an outage [S6]") {
    Stage stage;
    stage.open();
    stage.room.on_broker_away("cut", stage.now);
    stage.says(romeo, "a");
    stage.says(romeo, "b");
    stage.says(juliet, "c");
    const Effects effects = stage.room.on_waiting(stage.published[0], stage.now);
    CHECK(in_words(effects) == Strings{"1 < notice"});
    CHECK(
        first<Notice>(effects)->text ==
        "The broker is away, and what you say cannot be kept on disk: it waits, and is shown when the broker has it.");
    CHECK(stage.words(stage.room.on_waiting(stage.published[1], stage.now)).empty());
    CHECK(stage.words(stage.room.on_waiting(stage.published[2], stage.now)) == Strings{"2 < notice"});
    CHECK(stage.words(stage.room.on_waiting("unknown", stage.now)).empty());
    stage.room.on_broker_up(stage.now);
    stage.room.on_broker_away("cut", stage.now);
    CHECK(stage.words(stage.room.on_waiting(stage.published[1], stage.now)) == Strings{"1 < notice"});
}

TEST_CASE("a line that is on disk is said at once, and not again when it is home [S6]") {
    Stage stage;
    stage.open();
    stage.room.on_broker_away("cut", stage.now);
    auto receipt = std::make_shared<int>();
    std::weak_ptr<int> counts = receipt;
    stage.says(romeo, "a", std::move(receipt));
    CHECK_FALSE(counts.expired());
    CHECK(stage.words(stage.room.on_spooled(stage.published[0], stage.now)) == Strings{"1,2 < romeo: a", "1 < notice"});
    // It may be counted as handled [S7].
    CHECK(counts.expired());
    CHECK(stage.words(stage.room.on_spooled(stage.published[0], stage.now)).empty());
    stage.says(romeo, "b");
    CHECK(stage.words(stage.room.on_spooled(stage.published[1], stage.now)) == Strings{"1,2 < romeo: b"});
    CHECK(stage.room.in_flight() == 0);
    stage.room.on_broker_up(stage.now);
    stage.room.on_granted({true}, stage.now);
    SUBCASE("it is back") {
        stage.accepted(stage.published[0]);
        CHECK(stage.room.awaits(stage.published[0]));
        CHECK(stage.hears(stage.sealed(stage.published[0], "romeo", "a")) == Strings{"home"});
        CHECK(stage.hears(stage.sealed(stage.published[0], "romeo", "a")).empty());
    }
    SUBCASE("it does not come back") {
        stage.accepted(stage.published[0]);
        CHECK(stage.sleeps() == Strings{"home"});
        CHECK(stage.hears(stage.sealed(stage.published[0], "romeo", "a")).empty());
    }
    SUBCASE("the broker refuses it after all: its speaker is told, and knows that others here have seen it") {
        const auto effects =
            stage.room.on_settled(stage.published[0], {Settlement::Outcome::rejected, "not authorized"}, stage.now);
        REQUIRE(first<Refuse>(effects));
        CHECK(first<Refuse>(effects)->error.text ==
              "shown here, but not published: the broker refuses this line: not authorized");
    }
    SUBCASE("the room may close before the broker has it, and it is not over for that [S6]") {
        stage.leaves(romeo);
        stage.leaves(juliet);
        stage.accepted(stage.published[1]);
        CHECK(stage.sleeps() == Strings{"home"});
        CHECK(stage.sleeps() == Strings{"unsubscribe", "close"});
    }
    SUBCASE("what waited behind it is shown with it") {
        CHECK(
            stage.words(stage.room.on_settled(stage.published[1], {Settlement::Outcome::accepted}, stage.now)).empty());
    }
}

TEST_CASE("a line that has no room to wait in is refused [S6]") {
    Stage stage;
    stage.open();
    stage.room.on_broker_away("cut", stage.now);
    stage.says(romeo, "a");
    stage.types(romeo, "active");
    CHECK(stage.words(stage.room.on_full(stage.published[0], {}, stage.now)) ==
          Strings{"1 < refused message resource-constraint wait", "home", "1,2 < romeo: <active/>"});
    CHECK(stage.words(stage.room.on_full(stage.published[0], {}, stage.now)).empty());
}

TEST_CASE("a line said during an outage is marked as delayed when it is shown [S3]") {
    Stage stage;
    stage.open();
    stage.room.on_broker_away("cut", stage.now);
    stage.says(romeo, "a");
    stage.wait(1min);
    stage.room.on_broker_up(stage.now);
    stage.room.on_granted({true}, stage.now);
    const Effects effects = stage.room.on_heard(stage.sealed(stage.published[0], "romeo", "a"), stage.now);
    CHECK(in_words(effects) == Strings{"1,2 < romeo: a (delayed)", "home"});
    CHECK(first<ShowLine>(effects)->delayed == stage.now.wall - 1min);
}

TEST_CASE("a long line comes back cut and is shown whole") {
    Stage stage;
    stage.open();
    stage.says(romeo, "But soft");
    Heard heard = stage.sealed(stage.published[0], "romeo", "But");
    heard.cut = true;
    CHECK(stage.hears(heard) == Strings{"1,2 < romeo: But soft", "home"});
}

TEST_CASE("without properties an echo is the oldest line of that text [design: recognising our own]") {
    Stage stage{bare_text()};
    stage.open();
    stage.says(romeo, "hi");
    stage.says(juliet, "ho");
    stage.says(juliet, "hi");
    CHECK(stage.hears(stage.plain("main", "hi")) == Strings{"1,2 < romeo: hi", "home"});
    CHECK(stage.hears(stage.plain("main", "hi")) == Strings{"1,2 < juliet: hi", "home"});
    CHECK(stage.hears(stage.plain("main", "hi")) == Strings{"1,2 < [main]: hi"});
    CHECK(stage.hears(stage.plain("main", "ho")) == Strings{"1,2 < juliet: ho", "home"});
}

TEST_CASE("without properties the address counts too") {
    Stage stage{bare_text()};
    stage.open();
    stage.says(romeo, "hi");
    Heard elsewhere = stage.plain("main", "hi");
    elsewhere.address = "foo/baz";
    CHECK(stage.hears(elsewhere) == Strings{"1,2 < [main]: hi"});
    CHECK(stage.room.in_flight() == 1);
}

TEST_CASE("without properties a late echo is shown once, one of a line said without it is dropped") {
    Stage stage{bare_text(), {}, {.missing_echoes = 2}};
    stage.open();
    stage.says(romeo, "a");
    stage.accepted(stage.published[0]);
    CHECK(stage.sleeps() == Strings{"1 < notice", "home"});
    stage.says(romeo, "b");
    stage.accepted(stage.published[1]);
    CHECK(stage.sleeps() == Strings{"1 < notice", "home", "1,2 < notice", "warn"});
    stage.says(romeo, "c");
    CHECK(stage.accepted(stage.published[2]) == Strings{"1,2 < romeo: c", "home"});
    CHECK(stage.hears(stage.plain("main", "c")).empty());
    CHECK(stage.hears(stage.plain("main", "a")) == Strings{"1,2 < romeo: a (delayed)"});
    CHECK(stage.hears(stage.plain("main", "a")) == Strings{"1,2 < [main]: a"});
    stage.says(romeo, "d");
    CHECK(stage.accepted(stage.published[3]).empty());
}

TEST_CASE("without properties a line is remembered 5 minutes, for its echo may be late") {
    Stage stage{bare_text()};
    stage.open();
    stage.says(romeo, "a");
    stage.accepted(stage.published[0]);
    stage.sleeps();
    stage.wait(5min);
    CHECK(stage.hears(stage.plain("main", "a")) == Strings{"1,2 < [main]: a"});
}

TEST_CASE("without properties a retained copy is the line's first, and the one tried again its second") {
    Stage stage{bare_text()};
    stage.open();
    stage.says(romeo, "a");
    stage.room.on_broker_away("cut", stage.now);
    stage.room.on_broker_up(stage.now);
    stage.room.on_granted({true}, stage.now);
    Heard retained = stage.plain("main", "a");
    retained.retained = true;
    CHECK(stage.hears(retained) == Strings{"1,2 < romeo: a", "home"});
    CHECK(stage.hears(stage.plain("main", "a")).empty());
    CHECK(stage.hears(stage.plain("main", "a")) == Strings{"1,2 < [main]: a"});
}

TEST_CASE("only so many unconfirmed lines are remembered, the oldest is forgotten first") {
    Stage stage{bare_text(), {}, {.lines_in_flight = 2, .missing_echoes = 100}};
    stage.open();
    for (const char* body : {"a", "b", "c"}) {
        stage.says(romeo, body);
        stage.accepted(stage.published.back());
        CHECK(stage.sleeps() == Strings{"1 < notice", "home"});
    }
    CHECK(stage.hears(stage.plain("main", "a")) == Strings{"1,2 < [main]: a"});
    CHECK(stage.hears(stage.plain("main", "b")) == Strings{"1,2 < romeo: b (delayed)"});
    CHECK(stage.hears(stage.plain("main", "c")) == Strings{"1,2 < romeo: c"});
}

TEST_CASE("where refusals are silent, an echo that overtakes a line leaves that one unconfirmed at once [S3]") {
    Stage stage{silent()};
    stage.open();
    stage.says(romeo, "a");
    stage.says(romeo, "b");
    stage.accepted(stage.published[0]);
    stage.accepted(stage.published[1]);
    CHECK(stage.hears(stage.sealed(stage.published[1], "romeo", "b")) ==
          Strings{"1 < notice", "home", "1,2 < romeo: b", "home"});
}
