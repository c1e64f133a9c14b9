#include "muc/stage.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

TEST_CASE("what a publisher says is shown to everyone under a marked nick [K6, S2, S9]") {
    Stage stage;
    stage.open();
    const Effects effects = stage.room.on_heard(Stage::plain("sensor", "21 °C"), stage.now);
    CHECK(in_words(effects) == Strings{"1,2 < sensor [main]: 21 °C"});
    CHECK(first<ShowLine>(effects)->line.stanza_id.size() == 36);
    CHECK(first<ShowLine>(effects)->occupant_id.empty());
    CHECK(stage.hears(Stage::plain("romeo", "x")) == Strings{"1,2 < romeo [main]: x"});
    CHECK(stage.hears(Stage::plain("main", "x")) == Strings{"1,2 < [main]: x"});
}

TEST_CASE("a line without an id is said as often as the broker delivers it [S2]") {
    Stage stage;
    stage.open();
    CHECK(stage.hears(Stage::plain("sensor", "x")).size() == 1);
    CHECK(stage.hears(Stage::plain("sensor", "x")).size() == 1);
}

TEST_CASE("a foreign id is shown once [S2]") {
    Stage stage;
    stage.open();
    CHECK(stage.hears(Stage::plain("sensor", "x", "i1")).size() == 1);
    CHECK(stage.hears(Stage::plain("sensor", "x", "i1")).empty());
    CHECK(stage.hears(Stage::plain("sensor", "x", "i2")).size() == 1);
}

TEST_CASE("a foreign id is never the stanza-id, and cannot suppress a sealed line [S9]") {
    Stage stage;
    stage.open();
    const Effects effects = stage.room.on_heard(Stage::plain("sensor", "x", "i1"), stage.now);
    CHECK(first<ShowLine>(effects)->line.stanza_id != "i1");
    CHECK(stage.hears(stage.sealed("i1", "paris", "y")) == Strings{"1,2 < paris: y"});
}

TEST_CASE("a stranger with the id of a line in flight neither speaks for it nor takes its place [S9]") {
    Stage stage;
    stage.open();
    stage.says(romeo, "But soft");
    const std::string id = stage.published[0];
    CHECK(stage.hears(Stage::plain("romeo", "I am a fool", id)) == Strings{"1,2 < romeo [main]: I am a fool"});
    CHECK(stage.hears(Stage::plain("romeo", "But soft", id)).empty());
    CHECK(stage.hears(stage.sealed(id, "romeo", "But soft")) == Strings{"1,2 < romeo: But soft", "home"});
    CHECK(stage.hears(Stage::plain("romeo", "I am a fool", id)).empty());
}

TEST_CASE("a seal over another body or address than the line's in flight is not its echo [S9]") {
    Stage stage;
    stage.open();
    stage.says(romeo, "But soft");
    Heard elsewhere = stage.sealed(stage.published[0], "romeo", "But soft");
    elsewhere.address = "foo/baz";
    CHECK(stage.hears(elsewhere) == Strings{"1,2 < romeo [main]: But soft"});
    CHECK(stage.hears(stage.sealed(stage.published[0], "romeo", "But hard")).empty());
    CHECK(stage.room.in_flight() == 1);
    CHECK(stage.hears(stage.sealed(stage.published[0], "romeo", "But soft")) ==
          Strings{"1,2 < romeo: But soft", "home"});
}

TEST_CASE("a sealed line of another gateway is its occupant's, with its ids, once [S4]") {
    Stage stage;
    stage.open();
    Heard heard = stage.sealed("01936f2c-5b3e-7c1a-9d4e-0f6a7b8c9d0e", "paris", "Sweet flower");
    heard.sender_id = "m9";
    heard.lang = "en";
    const Effects effects = stage.room.on_heard(heard, stage.now);
    CHECK(in_words(effects) == Strings{"1,2 < paris: Sweet flower"});
    const Line& line = first<ShowLine>(effects)->line;
    CHECK(line.id == "m9");
    CHECK(line.stanza_id == heard.id);
    CHECK(line.lang == "en");
    CHECK(stage.hears(heard).empty());
}

TEST_CASE("an occupant elsewhere whose nick is taken here is told apart by the gateway [S9]") {
    Stage stage;
    stage.open();
    CHECK(stage.hears(stage.sealed("x", "Romeo", "a")) == Strings{"1,2 < Romeo [fedcba98]: a"});
    CHECK(stage.hears(stage.sealed("y", "bob [main]", "a")) == Strings{"1,2 < bob [main] [fedcba98]: a"});
    stage.joins(tybalt, "romeo [fedcba98]");
    CHECK(stage.hears(stage.sealed("z", "Romeo", "a")) == Strings{"1,2,3 < Romeo [main]: a"});
}

TEST_CASE("a sealed line published before the room was born is a replay: foreign [design: recognising our own]") {
    Stage stage;
    stage.open();
    stage.wait(10min);
    Heard old = stage.sealed("x", "paris", "a");
    old.published_at = stage.now.wall - 10min - 60s;
    CHECK(stage.hears(old) == Strings{"1,2 < paris [main]: a"});
    CHECK(stage.hears(old).empty());
    Heard fresh = stage.sealed("y", "paris", "a");
    fresh.published_at = *old.published_at + 1ms;
    CHECK(stage.hears(fresh).front().starts_with("1,2 < paris: a"));
}

TEST_CASE("a sealed line that may have been said and forgotten is a replay") {
    Stage stage{both_ways(), {}, {.remembered_ids = 2}};
    stage.open();
    std::vector<Heard> lines;
    for (int each = 0; each < 4; ++each) {
        lines.push_back(stage.sealed(std::to_string(each), "paris", "a"));
        stage.wait(1s);
        CHECK(stage.hears(lines.back()) == Strings{"1,2 < paris: a"});
    }
    CHECK(stage.hears(lines[3]).empty());
    CHECK(stage.hears(lines[2]).empty());
    CHECK(stage.hears(lines[1]) == Strings{"1,2 < paris [main]: a"});
    CHECK(stage.hears(lines[0]) == Strings{"1,2 < paris [main]: a"});
    CHECK(stage.hears(lines[0]).empty());
}

TEST_CASE("a sealed line from the future is not believed, and the operator is told once") {
    Stage stage;
    stage.open();
    for (const char* id : {"x", "y"}) {
        Heard ahead = stage.sealed(id, "paris", "a");
        ahead.published_at = stage.now.wall + 61s;
        CHECK(stage.hears(ahead).back() == "1,2 < paris [main]: a");
    }
    Heard ahead = stage.sealed("z", "paris", "a");
    ahead.published_at = stage.now.wall + 61s;
    CHECK(stage.hears(ahead).size() == 1);
    ahead = stage.sealed("v", "paris", "a");
    ahead.published_at = ahead.said_at = stage.now.wall + 60s;
    CHECK(stage.hears(ahead) == Strings{"1,2 < paris: a"});
}

TEST_CASE("a sealed line without an id or a time proves nothing") {
    Stage stage;
    stage.open();
    CHECK(stage.hears(stage.sealed("", "paris", "a")) == Strings{"1,2 < paris [main]: a"});
    Heard timeless = stage.sealed("x", "paris", "a");
    timeless.published_at.reset();
    CHECK(stage.hears(timeless) == Strings{"1,2 < paris [main]: a"});
}

TEST_CASE("a line said elsewhere during an outage is marked as delayed [S3]") {
    Stage stage;
    stage.open();
    stage.wait(1h);
    Heard late = stage.sealed("x", "paris", "a");
    late.said_at = stage.now.wall - 10min;
    const Effects effects = stage.room.on_heard(late, stage.now);
    CHECK(in_words(effects) == Strings{"1,2 < paris: a (delayed)"});
    CHECK(first<ShowLine>(effects)->delayed == late.said_at);
}

TEST_CASE("a body that was cut says so at its end") {
    Stage stage;
    stage.open();
    Heard heard = Stage::plain("sensor", "lorem");
    heard.cut = true;
    CHECK(stage.hears(heard) ==
          Strings{"1,2 < sensor [main]: lorem\n… (cut: the message was longer than a line may be)"});
}

TEST_CASE("a retained message is shown once, as delayed, and not again by another subscription") {
    Stage stage;
    stage.open();
    Heard retained = Stage::plain("sensor", "on");
    retained.retained = true;
    CHECK(stage.hears(retained) == Strings{"1,2 < sensor [main]: on (delayed)"});
    CHECK(stage.hears(retained).empty());
    retained.address = "foo/other";
    CHECK(stage.hears(retained).size() == 1);
    stage.hears(Stage::plain("sensor", "off"));
    retained.address = "foo/bar";
    CHECK(stage.hears(retained).empty());
    CHECK(stage.hears(Stage::plain("sensor", "on")) == Strings{"1,2 < sensor [main]: on"});
}

TEST_CASE("a retained message that was shown when it was fresh is not shown again") {
    Stage stage;
    stage.open();
    stage.hears(Stage::plain("sensor", "on"));
    Heard retained = Stage::plain("sensor", "on");
    retained.retained = true;
    CHECK(stage.hears(retained).empty());
    stage.says(romeo, "off");
    Heard echo = stage.sealed(stage.published[0], "romeo", "off");
    stage.hears(echo);
    echo.retained = true;
    CHECK(stage.hears(echo).empty());
    echo.sealed = false;
    echo.id.clear();
    CHECK(stage.hears(echo).empty());
}

TEST_CASE("a retained line of an occupant keeps nick and time, however old it is") {
    Stage stage;
    stage.open();
    Heard retained = stage.sealed("x", "paris", "a");
    retained.retained = true;
    retained.said_at = retained.published_at = stage.now.wall - 1000h;
    const Effects effects = stage.room.on_heard(retained, stage.now);
    CHECK(in_words(effects) == Strings{"1,2 < paris: a (delayed)"});
    CHECK(first<ShowLine>(effects)->delayed == retained.said_at);
}

TEST_CASE("what is heard before anybody is inside is the history of who comes") {
    Stage stage;
    stage.joins(romeo, "romeo");
    Heard retained = Stage::plain("sensor", "on");
    retained.retained = true;
    CHECK(stage.hears(retained).empty());
    CHECK(stage.words(stage.room.on_granted({true}, stage.now))[1] == "1 < sensor [main]: on (delayed)");
}

TEST_CASE("lines that are lost are counted for three seconds and then told to everyone, the last of them too") {
    Stage stage;
    stage.open();
    const auto text_of = [](const Effects& effects) {
        const Notice* notice = first<Notice>(effects);
        return notice ? notice->text.substr(0, notice->text.find(" lost")) : "nothing";
    };
    CHECK(stage.room.on_lost(stage.now).empty());
    stage.wait(2s);
    CHECK(stage.room.on_lost(stage.now).empty());
    CHECK(text_of(stage.room.on_tick(stage.now)) == "nothing");
    stage.wait(1s);
    CHECK(stage.room.next_tick() <= stage.now.tick);
    CHECK(text_of(stage.room.on_tick(stage.now)) == "2 lines are");
    CHECK(text_of(stage.room.on_tick(stage.now)) == "nothing");
    CHECK(stage.room.on_lost(stage.now).empty());
    stage.wait(3s);
    CHECK(text_of(stage.room.on_tick(stage.now)) == "1 line is");
}
