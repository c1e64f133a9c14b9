#include "muc/stage.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

RoomWiring mirrored(std::size_t mirrors = 1) {
    RoomWiring wiring = both_ways();
    for (std::size_t i = 0; i < mirrors; ++i)
        wiring.mirrors.push_back({.address = "foo/copy", .mark = i == 0 ? "[other]" : "[third]"});
    return wiring;
}

RoomWiring with_bare_mirror() {
    RoomWiring wiring = mirrored();
    wiring.mirrors[0].carries_properties = false;
    return wiring;
}

Heard on_mirror(Heard heard, std::size_t mirror = 0) {
    heard.address = "foo/copy";
    heard.mirror = mirror;
    return heard;
}

/// A room with mirrors, romeo and juliet inside.
struct Bridge : Stage {
    explicit Bridge(RoomWiring wiring = mirrored(), RoomLimits limits = {}) : Stage(std::move(wiring), {}, limits) {
        open();
    }
    /// The line that was published last comes back from home.
    Strings comes_home(const std::string& nick, const std::string& body) {
        return hears(sealed(published.back(), nick, body));
    }
    Strings mirrored_as(Settlement::Outcome outcome, const std::string& id) {
        return words(room.on_mirrored(0, id, {outcome, "no right"}, now));
    }
};

std::size_t count(const Effects& effects, const std::string& words) {
    const Strings all = in_words(effects);
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), words));
}

}  // namespace

TEST_CASE("an occupant's line is mirrored when it is said, under its id, and not before [design §6]") {
    Bridge stage{mirrored(2)};
    CHECK(stage.says(romeo, "But soft") == Strings{"publish romeo: But soft"});
    CHECK(stage.accepted(stage.published[0]).empty());
    const Effects effects = stage.room.on_heard(stage.sealed(stage.published[0], "romeo", "But soft"), stage.now);
    CHECK(in_words(effects) ==
          Strings{"1,2 < romeo: But soft", "mirror 0 romeo: But soft", "mirror 1 romeo: But soft", "home"});
    CHECK(first<Mirror>(effects)->said.line.stanza_id == stage.published[0]);
    CHECK(to_string(first<Mirror>(effects)->said.occupant) == "foo.bar@rooms.localhost/romeo");
}

TEST_CASE("what home refuses is never mirrored [S5]") {
    Bridge stage;
    stage.says(romeo, "But soft");
    CHECK(stage.rejected(stage.published[0], "no right") == Strings{"1 < refused message not-allowed cancel", "home"});
}

TEST_CASE("where the room does not read what it writes, a settled line is said and mirrored") {
    RoomWiring wiring = writes_only();
    wiring.mirrors = mirrored().mirrors;
    Stage stage{wiring};
    CHECK(in_words(stage.joins(romeo, "romeo")).back() == "1 < : subject ''");
    stage.says(romeo, "But soft");
    CHECK(stage.accepted(stage.published[0]) == Strings{"1 < romeo: But soft", "mirror 0 romeo: But soft", "home"});
}

TEST_CASE("what a mirror's publisher says goes home first, is said when it is back, and goes on to the others") {
    Bridge stage{mirrored(2)};
    CHECK(stage.hears(on_mirror(Stage::plain("sensor", "21 °C"))) == Strings{"publish sensor [other]: 21 °C"});
    CHECK(stage.accepted(stage.published[0]).empty());
    CHECK(stage.comes_home("sensor [other]", "21 °C") ==
          Strings{"1,2 < sensor [other]: 21 °C", "mirror 1 sensor [other]: 21 °C", "home"});
    CHECK(stage.comes_home("sensor [other]", "21 °C").empty());
}

TEST_CASE("what home's publishers say is mirrored under the id that it has in the room") {
    Bridge stage;
    const Effects effects = stage.room.on_heard(Stage::plain("sensor", "21 °C"), stage.now);
    CHECK(in_words(effects) == Strings{"1,2 < sensor [main]: 21 °C", "mirror 0 sensor [main]: 21 °C"});
    CHECK(first<Mirror>(effects)->said.line.stanza_id == first<ShowLine>(effects)->line.stanza_id);
}

TEST_CASE("what an occupant of another gateway says at home is mirrored, under the nick and id it has there") {
    Bridge stage;
    stage.joins(tybalt, "paris");
    const Effects effects = stage.room.on_heard(stage.sealed("x", "paris", "a"), stage.now);
    CHECK(in_words(effects) == Strings{"1,2,3 < paris [fedcba98]: a", "mirror 0 paris: a"});
    CHECK(first<Mirror>(effects)->said.line.stanza_id == "x");
}

TEST_CASE("a mirror that only delivers is given nothing, and one that only publishes is not subscribed") {
    RoomWiring wiring = mirrored(2);
    wiring.mirrors[0].writes = false;
    wiring.mirrors[1].reads = false;
    Stage stage{wiring};
    stage.joins(romeo, "romeo");
    const Strings opened = stage.words(stage.room.on_granted({true}, stage.now));
    CHECK(opened.front() == "subscribe mirror 0");
    CHECK(std::count(opened.begin(), opened.end(), "subscribe mirror 1") == 0);
    CHECK(stage.hears(Stage::plain("sensor", "x")) == Strings{"1 < sensor [main]: x", "mirror 1 sensor [main]: x"});
}

TEST_CASE("our own copy that comes back from a mirror is no line [S4]") {
    Bridge stage;
    stage.says(romeo, "But soft");
    stage.comes_home("romeo", "But soft");
    const Heard copy = on_mirror(stage.sealed(stage.published[0], "romeo", "But soft"));
    CHECK(stage.hears(copy).empty());
    CHECK(stage.mirrored_as(Settlement::Outcome::accepted, stage.published[0]).empty());
    CHECK(stage.hears(copy).empty());
    const Effects said = stage.room.on_heard(Stage::plain("sensor", "x"), stage.now);
    CHECK(stage.hears(on_mirror(stage.sealed(first<Mirror>(said)->said.line.stanza_id, "sensor [main]", "x"))).empty());
}

TEST_CASE("a copy that waited long for its mirror is known when it comes back, whatever was said since [S4]") {
    Bridge stage{mirrored(), {.remembered_ids = 2}};
    for (const char* body : {"a", "b", "c", "d"}) {
        stage.says(romeo, body);
        stage.comes_home("romeo", body);
    }
    stage.mirrored_as(Settlement::Outcome::accepted, stage.published[0]);
    for (const std::string& id : stage.published)
        CHECK(stage.hears(on_mirror(stage.sealed(id, "romeo", "x"))).empty());
}

TEST_CASE("where a mirror has no place for an id, copies are known by their text, first in first out [S4]") {
    Bridge stage{with_bare_mirror()};
    const auto text = [](const std::string& body) { return on_mirror(Stage::plain("other", body)); };
    for (int each = 0; each < 2; ++each) {
        stage.says(romeo, "ok");
        stage.comes_home("romeo", "ok");
    }
    stage.mirrored_as(Settlement::Outcome::accepted, stage.published[0]);
    CHECK(stage.hears(text("no")) == Strings{"publish [other]: no"});
    CHECK(stage.hears(text("ok")).empty());
    CHECK(stage.hears(text("ok")).empty());
    CHECK(stage.hears(text("ok")) == Strings{"publish [other]: ok"});
}

TEST_CASE("a text is awaited from a mirror for five minutes") {
    Bridge stage{with_bare_mirror()};
    stage.says(romeo, "ok");
    stage.comes_home("romeo", "ok");
    stage.mirrored_as(Settlement::Outcome::accepted, stage.published[0]);
    stage.wait(5min);
    CHECK(stage.hears(on_mirror(Stage::plain("other", "ok"))) == Strings{"publish [other]: ok"});
}

TEST_CASE("a sealed line of another gateway on a mirror goes home under its id, and keeps its speaker") {
    Bridge stage;
    Heard heard = on_mirror(stage.sealed("x", "paris", "a"));
    heard.sender_id = "m9";
    heard.lang = "en";
    const Effects effects = stage.room.on_heard(heard, stage.now);
    CHECK(in_words(effects) == Strings{"publish paris: a"});
    const Line& line = first<Publish>(effects)->said.line;
    CHECK(line.stanza_id == "x");
    CHECK(line.id == "m9");
    CHECK(line.lang == "en");
    CHECK(stage.hears(heard).empty());
    CHECK(stage.hears(stage.sealed("x", "paris", "a")) == Strings{"1,2 < paris: a", "home"});
    CHECK(stage.hears(heard).empty());
    CHECK(stage.hears(stage.sealed("x", "paris", "a")).empty());
}

TEST_CASE("an occupant elsewhere, behind a mirror, whose nick is taken here is told apart [S9]") {
    Bridge stage{mirrored(2)};
    stage.hears(on_mirror(stage.sealed("x", "Romeo", "a")));
    CHECK(stage.hears(stage.sealed("x", "Romeo", "a")) ==
          Strings{"1,2 < Romeo [fedcba98]: a", "mirror 1 Romeo: a", "home"});
    // It holds no nick here either.
    stage.hears(on_mirror(stage.sealed("y", "paris", "a")));
    CHECK(in_words(stage.joins(tybalt, "paris")).back() == "3 < : subject ''");
}

TEST_CASE("nobody may be called like a mirror's publisher [S9]") {
    Bridge stage;
    CHECK(in_words(stage.joins(tybalt, "sensor [Other] ")) == Strings{"3 < refused sensor [Other]  conflict cancel"});
    CHECK(stage.hears(stage.sealed("x", "bob [other]", "a")).front() == "1,2 < bob [other] [fedcba98]: a");
}

TEST_CASE("what claims to be a gateway's on a mirror, and is not believed, is foreign and goes no further [S9]") {
    Bridge stage{mirrored(2)};
    stage.says(romeo, "But soft");
    stage.comes_home("romeo", "But soft");
    SUBCASE("with the id of a line that was said") {
        Heard forged = on_mirror(Stage::plain("romeo", "I am a fool", stage.published[0]));
        forged.origin = "0123456789abcdef";
        CHECK(stage.hears(forged) == Strings{"1,2 < romeo [other]: I am a fool"});
        CHECK(stage.hears(forged).empty());
    }
    SUBCASE("a seal over another body than that of a line in flight") {
        stage.says(romeo, "It is the east");
        CHECK(stage.hears(on_mirror(stage.sealed(stage.published[1], "romeo", "It is the west"))) ==
              Strings{"1,2 < romeo [other]: It is the west"});
        CHECK(stage.room.in_flight() == 3);  // with the copies of the first
    }
    SUBCASE("a replay of what was said before the room was born") {
        Heard old = on_mirror(stage.sealed("x", "paris", "a"));
        old.published_at = stage.now.wall - 61s;
        CHECK(stage.hears(old) == Strings{"1,2 < paris [other]: a"});
        CHECK(stage.hears(old).empty());
    }
}

TEST_CASE("a publisher's id counts once, on whatever address it comes [S2]") {
    Bridge stage;
    CHECK(stage.hears(on_mirror(Stage::plain("sensor", "x", "i1"))) == Strings{"publish sensor [other]: x"});
    CHECK(stage.published[0] != "i1");
    CHECK(stage.hears(on_mirror(Stage::plain("sensor", "x", "i1"))).empty());
    CHECK(stage.hears(Stage::plain("sensor", "x", "i1")).empty());
    CHECK(stage.hears(on_mirror(Stage::plain("sensor", "x"))).size() == 1);
    CHECK(stage.hears(on_mirror(Stage::plain("sensor", "x"))).size() == 1);
}

TEST_CASE("what a mirror retains is shown once, as delayed, and goes no further [S2]") {
    Bridge stage{mirrored(2)};
    Heard retained = on_mirror(Stage::plain("sensor", "on"));
    retained.retained = true;
    CHECK(stage.hears(retained) == Strings{"1,2 < sensor [other]: on (delayed)"});
    CHECK(stage.hears(retained).empty());
    // Another broker's topic of the same name is another topic.
    Heard at_home = Stage::plain("sensor", "on");
    at_home.address = "foo/copy";
    at_home.retained = true;
    CHECK(stage.hears(at_home) == Strings{"1,2 < sensor [main]: on (delayed)"});
    CHECK(stage.hears(on_mirror(Stage::plain("sensor", "on"), 1)) == Strings{"publish sensor [third]: on"});
    retained.mirror = 1;
    CHECK(stage.hears(retained).empty());
    Heard theirs = on_mirror(stage.sealed("x", "paris", "a"));
    theirs.retained = true;
    theirs.published_at = theirs.said_at = stage.now.wall - 1000h;
    CHECK(stage.hears(theirs) == Strings{"1,2 < paris: a (delayed)"});
}

TEST_CASE("a mirror's lines wait for home with the occupants', in their order, and without a word [S6]") {
    Bridge stage;
    stage.room.on_broker_away("cut", stage.now);
    stage.hears(on_mirror(Stage::plain("sensor", "a")));
    stage.says(romeo, "b");
    stage.hears(on_mirror(Stage::plain("sensor", "c")));
    REQUIRE(stage.published.size() == 3);
    CHECK(stage.words(stage.room.on_waiting(stage.published[0], stage.now)).empty());
    CHECK(stage.words(stage.room.on_waiting(stage.published[1], stage.now)) == Strings{"1 < notice"});
    CHECK(stage.words(stage.room.on_waiting(stage.published[2], stage.now)).empty());
    stage.room.on_broker_up(stage.now);
    stage.room.on_granted({true}, stage.now);
    stage.accepted(stage.published[0]);
    // The echo of a later line tells that an earlier one's is lost.
    CHECK(stage.comes_home("sensor [other]", "c") ==
          Strings{"1,2 < sensor [other]: a", "home", "1,2 < sensor [other]: c", "home"});
}

TEST_CASE("a line of a mirror's that home refuses is told to the operator, once, and to nobody else") {
    Bridge stage;
    const auto lost = [&](const std::string& body) {
        stage.hears(on_mirror(Stage::plain("sensor", body)));
        const Effects effects =
            stage.room.on_settled(stage.published.back(), {Settlement::Outcome::rejected, "no right"}, stage.now);
        CHECK(first<NotMirrored>(effects));
        return in_words(effects);
    };
    CHECK(lost("a") == Strings{"warn", "home"});
    CHECK(lost("b") == Strings{"home"});
    stage.hears(on_mirror(Stage::plain("sensor", "c")));
    CHECK(stage.words(stage.room.on_full(stage.published.back(), {}, stage.now)) == Strings{"home"});
    stage.room.on_broker_away("cut", stage.now);
    stage.room.on_broker_up(stage.now);
    stage.room.on_granted({true}, stage.now);
    CHECK(lost("d") == Strings{"warn", "home"});
}

TEST_CASE("a line of a mirror's that home does not confirm is told to the operator") {
    RoomWiring wiring = silent();
    wiring.mirrors = mirrored().mirrors;
    Bridge stage{wiring};
    stage.hears(on_mirror(Stage::plain("sensor", "a")));
    stage.accepted(stage.published[0]);
    CHECK(stage.sleeps() == Strings{"warn", "home"});
    CHECK(stage.comes_home("sensor [other]", "a") == Strings{"1,2 < sensor [other]: a"});
}

TEST_CASE("mirrors take half of the places for lines on their way, and what finds none is told and counted") {
    Bridge stage{mirrored(), {.lines_in_flight = 4}};
    stage.hears(on_mirror(Stage::plain("sensor", "a")));
    stage.hears(on_mirror(Stage::plain("sensor", "b")));
    const Effects effects = stage.room.on_heard(on_mirror(Stage::plain("sensor", "c")), stage.now);
    CHECK(in_words(effects) == Strings{"warn"});
    CHECK(first<NotMirrored>(effects));
    CHECK(stage.hears(on_mirror(Stage::plain("sensor", "d"))).empty());
    CHECK(stage.says(romeo, "e").size() == 1);
    CHECK(stage.says(romeo, "f") == Strings{"publish romeo: f"});
    CHECK(stage.says(romeo, "g") == Strings{"1 < refused message resource-constraint wait"});
}

TEST_CASE("a mirror that refuses or takes no more does not stop the room: told once an outage, and counted [S6]") {
    Bridge stage{mirrored(), {.lines_in_flight = 3}};
    const auto say = [&](const std::string& body) {
        stage.says(romeo, body);
        const Effects effects = stage.room.on_heard(stage.sealed(stage.published.back(), "romeo", body), stage.now);
        CHECK(in_words(effects).front() == "1,2 < romeo: " + body);
        return effects;
    };
    say("a");
    CHECK(stage.mirrored_as(Settlement::Outcome::rejected, stage.published[0]) == Strings{"warn"});
    say("b");
    CHECK(stage.words(stage.room.on_mirror_full(0, stage.published[1], stage.now)).empty());
    stage.words(stage.room.on_mirror_up(0, stage.now));
    for (const char* body : {"c", "d", "e"})
        CHECK(count(say(body), "mirror 0 romeo: " + std::string{body}) == 1);
    const Effects one_too_many = say("f");
    CHECK(first<NotMirrored>(one_too_many));
    CHECK_FALSE(first<Mirror>(one_too_many));
    CHECK(count(one_too_many, "warn") == 1);
    CHECK(count(say("g"), "warn") == 0);
    stage.mirrored_as(Settlement::Outcome::released, stage.published[2]);
    CHECK_FALSE(first<Mirror>(say("h")));
    stage.mirrored_as(Settlement::Outcome::accepted, stage.published[2]);
    CHECK(first<Mirror>(say("i")));
}

TEST_CASE("a mirror is subscribed when the room opens; its refusal is told once") {
    Stage stage{mirrored()};
    CHECK(in_words(stage.joins(romeo, "romeo")) == Strings{"subscribe"});
    CHECK(stage.words(stage.room.on_granted({true}, stage.now)).front() == "subscribe mirror 0");
    CHECK(stage.words(stage.room.on_mirror_granted(0, {false, 0, "no right"}, stage.now)) ==
          Strings{"1 < notice", "warn"});
    CHECK(stage.words(stage.room.on_mirror_granted(0, {false, 0, "no right"}, stage.now)).empty());
    CHECK(stage.words(stage.room.on_mirror_granted(0, {true}, stage.now)).empty());
    CHECK(stage.words(stage.room.on_mirror_granted(0, {false, 0, "no right"}, stage.now)).size() == 2);
    stage.leaves(romeo);
    CHECK(stage.sleeps() == Strings{"unsubscribe", "unsubscribe mirror 0", "close"});
}

TEST_CASE("an emptied room waits for its copies; a mirror that never falls silent does not keep it") {
    Bridge stage;
    stage.says(romeo, "a");
    stage.comes_home("romeo", "a");
    stage.leaves(romeo);
    stage.leaves(juliet);
    stage.wait(30s);
    CHECK(stage.ticks().empty());
    CHECK(stage.mirrored_as(Settlement::Outcome::accepted, stage.published[0]).back() == "close");

    Bridge busy;
    busy.says(romeo, "a");
    busy.comes_home("romeo", "a");
    busy.leaves(romeo);
    busy.leaves(juliet);
    Strings words;
    for (int each = 0; each < 100 && words.empty(); ++each) {
        busy.wait(10s);
        busy.hears(on_mirror(Stage::plain("sensor", std::to_string(each))));
        words = busy.ticks();
    }
    CHECK(words.back() == "close");
}

TEST_CASE("the same words without an id, more than 60 times a minute, are said and go no further") {
    Bridge stage;
    for (int each = 0; each < 60; ++each)
        CHECK(stage.hears(Stage::plain("sensor", "on")).size() == 2);
    const Effects effects = stage.room.on_heard(Stage::plain("sensor", "on"), stage.now);
    CHECK(in_words(effects) == Strings{"warn", "1,2 < sensor [main]: on"});
    CHECK(first<NotMirrored>(effects));
    CHECK(stage.hears(Stage::plain("sensor", "on")) == Strings{"1,2 < sensor [main]: on"});
    CHECK(stage.hears(Stage::plain("sensor", "off")).size() == 2);
    stage.wait(1min);
    CHECK(stage.hears(Stage::plain("sensor", "on")).size() == 2);
}

TEST_CASE("gateways that hear the same publishers give their lines the same ids") {
    Bridge one, other;
    const auto id = [](Bridge& stage, const Heard& heard) {
        const Effects effects = stage.room.on_heard(heard, stage.now);
        const Mirror* mirror = first<Mirror>(effects);
        return mirror ? mirror->said.line.stanza_id : first<Publish>(effects)->said.line.stanza_id;
    };
    const std::string first_id = id(one, Stage::plain("sensor", "on"));
    CHECK(first_id == id(other, Stage::plain("sensor", "on")));
    CHECK(id(one, Stage::plain("sensor", "on")) != first_id);
    CHECK(id(one, on_mirror(Stage::plain("sensor", "on"))) == id(other, on_mirror(Stage::plain("sensor", "on"))));
    CHECK(id(one, Stage::plain("sensor", "on", "i1")) == id(other, Stage::plain("sensor", "on", "i1")));
}

TEST_CASE("a publisher's line that another gateway carried is one line, whichever way comes first") {
    Bridge other;
    other.hears(on_mirror(Stage::plain("sensor", "on")));
    const std::string id = other.published[0];
    Bridge stage;
    SUBCASE("its own delivery, then the other's publication") {
        CHECK(stage.hears(on_mirror(Stage::plain("sensor", "on"))) == Strings{"publish sensor [other]: on"});
        CHECK(stage.hears(stage.sealed(id, "sensor [other]", "on")) == Strings{"1,2 < sensor [other]: on", "home"});
        CHECK(stage.comes_home("sensor [other]", "on").empty());
    }
    SUBCASE("the other's publication, then its own delivery") {
        CHECK(stage.hears(stage.sealed(id, "sensor [other]", "on")) ==
              Strings{"1,2 < sensor [other]: on", "mirror 0 sensor [other]: on"});
        CHECK(stage.hears(on_mirror(Stage::plain("sensor", "on"))).empty());
    }
}

TEST_CASE("a line of home's publisher whose copy comes from a mirror first is one line") {
    Bridge other;
    const Effects effects = other.room.on_heard(Stage::plain("sensor", "on"), other.now);
    const std::string id = first<Mirror>(effects)->said.line.stanza_id;
    Bridge stage;
    CHECK(stage.hears(on_mirror(stage.sealed(id, "sensor [main]", "on"))) == Strings{"publish sensor [main]: on"});
    CHECK(stage.hears(Stage::plain("sensor", "on")) == Strings{"1,2 < sensor [main]: on", "home"});
    CHECK(stage.comes_home("sensor [main]", "on").empty());
}

TEST_CASE("a flood of publishers' lines that cross does not make the room forget its occupants'") {
    Bridge stage{mirrored(), {.remembered_ids = 4}};
    stage.hears(stage.sealed("x", "paris", "a"));
    for (int each = 0; each < 20; ++each)
        stage.hears(Stage::plain("sensor", std::to_string(each)));
    CHECK(stage.hears(stage.sealed("x", "paris", "a")).empty());
    CHECK(stage.hears(on_mirror(stage.sealed("x", "paris", "a"))).empty());
}

TEST_CASE("a mirror whose protocol is known late is wired anew") {
    Bridge stage;
    stage.says(romeo, "ok");
    stage.comes_home("romeo", "ok");
    CHECK(stage.words(stage.room.on_wired(with_bare_mirror(), stage.now)).empty());
    CHECK(stage.hears(on_mirror(Stage::plain("other", "ok"))).empty());
    CHECK(stage.hears(on_mirror(Stage::plain("other", "ok"))) == Strings{"publish [other]: ok"});
}

TEST_CASE("a publisher's id that was forgotten brings no second copy while the first is on its way") {
    Bridge stage{mirrored(), {.remembered_ids = 1}};
    CHECK(stage.hears(Stage::plain("sensor", "x", "i1")).size() == 2);
    CHECK(stage.hears(Stage::plain("sensor", "y", "i2")).size() == 2);
    CHECK(stage.hears(Stage::plain("sensor", "x", "i1")) == Strings{"1,2 < sensor [main]: x"});
}
