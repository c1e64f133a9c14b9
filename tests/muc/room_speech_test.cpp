#include "muc/stage.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

TEST_CASE("a line is published, and shown to nobody yet [S5]") {
    Stage stage;
    stage.open();
    Line line;
    line.id = "m1";
    line.body = "But soft";
    const Effects effects = stage.room.on_groupchat(romeo, line, stage.now);
    REQUIRE(effects.size() == 1);
    const Said& said = std::get<Publish>(effects[0]).said;
    CHECK(said.nick == "romeo");
    CHECK(to_string(said.occupant) == "foo.bar@rooms.localhost/romeo");
    CHECK(to_string(said.room) == "foo.bar@rooms.localhost");
    CHECK(said.line.id == "m1");
    CHECK(said.line.stanza_id.size() == 36);
    CHECK(said.said_at == stage.now.wall);
    CHECK(stage.room.in_flight() == 1);
}

TEST_CASE("who is not inside may not speak [XEP-0045 §7.4]") {
    Stage stage;
    stage.open();
    CHECK(stage.says(tybalt, "a") == Strings{"3 < refused message not-acceptable modify"});
    stage.leaves(juliet);
    CHECK(stage.says(juliet, "a") == Strings{"2 < refused message not-acceptable modify"});
    CHECK(stage.types(juliet, "composing") == Strings{"2 < refused message not-acceptable modify"});
    CHECK(stage.sets_subject(juliet, "x") == Strings{"2 < refused message not-acceptable modify"});
}

TEST_CASE("without voice nothing is said in a moderated room [XEP-0045 §7.4]") {
    Stage stage{both_ways(), {.moderated = true, .anyone_sets_subject = true}};
    stage.open();
    CHECK(stage.says(juliet, "a") == Strings{"2 < refused message forbidden auth"});
    CHECK(stage.types(juliet, "composing") == Strings{"2 < refused message forbidden auth"});
    CHECK(stage.sets_subject(juliet, "x") == Strings{"2 < refused message forbidden auth"});
    CHECK(stage.says(romeo, "a") == Strings{"publish romeo: a"});
}

TEST_CASE("a room that only shows refuses lines, and says what it shows") {
    Stage stage{reads_only()};
    stage.open();
    Line line;
    line.body = "a";
    const Effects effects = stage.room.on_groupchat(juliet, line, stage.now);
    CHECK(in_words(effects) == Strings{"2 < refused message not-allowed cancel"});
    CHECK(first<Refuse>(effects)->error.text == "this room only shows what is published at foo/#");
    CHECK(stage.types(juliet, "active") == Strings{"1,2 < juliet: <active/>"});
}

TEST_CASE("only so many lines of a room are in flight") {
    Stage stage{both_ways(), {}, {.lines_in_flight = 2}};
    stage.open();
    stage.says(romeo, "a");
    stage.says(juliet, "b");
    CHECK(stage.says(romeo, "c") == Strings{"1 < refused message resource-constraint wait"});
    Line line;
    line.body = "c";
    const Effects effects = stage.room.on_groupchat(romeo, line, stage.now);
    CHECK(first<Refuse>(effects)->error.text.find("limits/lines_in_flight_per_room") != std::string::npos);
    stage.hears(stage.sealed(stage.published[0], "romeo", "a"));
    CHECK(stage.says(romeo, "c") == Strings{"publish romeo: c"});
}

TEST_CASE("what has no body is shown at once and not published, an empty body is none") {
    Stage stage;
    stage.open();
    CHECK(stage.types(juliet, "composing") == Strings{"1,2 < juliet: <composing/>"});
    Line line;
    line.body = "";
    CHECK(stage.words(stage.room.on_groupchat(juliet, line, stage.now)) == Strings{"1,2 < juliet: "});
    CHECK(stage.room.in_flight() == 0);
}

TEST_CASE("what has no body waits behind its speaker's lines, and nobody else's [S3]") {
    Stage stage;
    stage.open();
    stage.says(romeo, "a");
    CHECK(stage.types(romeo, "active").empty());
    CHECK(stage.sets_subject(romeo, "Verona").empty());
    CHECK(stage.types(juliet, "composing") == Strings{"1,2 < juliet: <composing/>"});
    stage.says(romeo, "b");
    CHECK(stage.types(romeo, "gone").empty());
    CHECK(stage.room.subject().text.empty());
    CHECK(stage.hears(stage.sealed(stage.published[0], "romeo", "a")) ==
          Strings{"1,2 < romeo: a", "home", "1,2 < romeo: <active/>", "1,2 < romeo: subject 'Verona'"});
    CHECK(stage.room.subject().text == "Verona");
    CHECK(stage.rejected(stage.published[1], "no") ==
          Strings{"1 < refused message not-allowed cancel", "home", "1,2 < romeo: <gone/>"});
}

TEST_CASE("what waits behind lines is bounded") {
    Stage stage{both_ways(), {}, {.lines_in_flight = 2}};
    stage.open();
    stage.says(romeo, "a");
    stage.types(romeo, "x");
    stage.types(romeo, "y");
    CHECK(stage.types(romeo, "z") == Strings{"1 < refused message resource-constraint wait"});
    CHECK(stage.hears(stage.sealed(stage.published[0], "romeo", "a")).size() == 4);
    stage.says(romeo, "b");
    CHECK(stage.types(romeo, "z").empty());
}

TEST_CASE("moderators set the subject, others where the room allows it [XEP-0045 §8.1]") {
    Stage stage;
    stage.open();
    CHECK(stage.sets_subject(juliet, "x") == Strings{"2 < refused message forbidden auth"});
    CHECK(stage.sets_subject(romeo, "x") == Strings{"1,2 < romeo: subject 'x'"});
    CHECK(stage.sets_subject(romeo, "") == Strings{"1,2 < romeo: subject ''"});
    Stage free{both_ways(), {.anyone_sets_subject = true}};
    free.open();
    CHECK(free.sets_subject(juliet, "x") == Strings{"1,2 < juliet: subject 'x'"});
    CHECK(free.room.subject().text == "x");
}

TEST_CASE("a subject beside a body is a line and changes nothing [XEP-0045 §8.1]") {
    Stage stage;
    stage.open();
    Line line;
    line.body = "a";
    line.subject = "x";
    CHECK(stage.words(stage.room.on_groupchat(juliet, line, stage.now)) == Strings{"publish juliet: a"});
    CHECK(stage.room.subject().text.empty());
}

TEST_CASE("a private message reaches every session of its addressee and no one else [XEP-0045 §7.5]") {
    Stage stage;
    stage.open();
    stage.joins(session("juliet", 20), "juliet");
    Line line;
    line.body = "psst";
    CHECK(stage.words(stage.room.on_private(romeo, "juliet", "chat", line, stage.now)) ==
          Strings{"2 < chat of romeo: psst", "20 < chat of romeo: psst"});
}

TEST_CASE("a private message to nobody, by nobody or of type groupchat is refused [XEP-0045 §7.5]") {
    Stage stage;
    stage.open();
    Line line;
    line.body = "psst";
    const auto sends = [&](const Visitor& from, const std::string& nick, const std::string& type) {
        return stage.words(stage.room.on_private(from, nick, type, line, stage.now));
    };
    CHECK(sends(romeo, "paris", "chat") == Strings{"1 < refused message paris item-not-found cancel"});
    CHECK(sends(tybalt, "romeo", "chat") == Strings{"3 < refused message romeo not-acceptable modify"});
    CHECK(sends(juliet, "romeo", "groupchat") == Strings{"2 < refused message romeo bad-request modify"});
    CHECK(sends(romeo, "paris", "error").empty());
    CHECK(sends(romeo, "juliet", "error") == Strings{"2 < error of romeo: psst"});
}

TEST_CASE("a nick is held while its lines are in flight [design: a room's life]") {
    Stage stage;
    stage.open();
    stage.says(juliet, "a");
    stage.leaves(juliet);
    CHECK(in_words(stage.joins(tybalt, "Juliet")) == Strings{"3 < refused Juliet conflict cancel"});
    CHECK(stage.hears(stage.sealed(stage.published[0], "juliet", "a")) == Strings{"1 < juliet: a", "home"});
    CHECK(in_words(stage.joins(tybalt, "Juliet")).back() == "3 < : subject ''");
}

TEST_CASE("the user whose lines hold a nick may come back to it, from any session") {
    Stage stage;
    stage.open();
    stage.says(juliet, "a");
    stage.leaves(juliet);
    CHECK(in_words(stage.joins(session("juliet", 20), "juliet")).back() == "20 < : subject ''");
}

TEST_CASE("a line keeps the nick under which it was said, and holds it after a change") {
    Stage stage;
    stage.open();
    stage.says(juliet, "a");
    stage.room.on_presence(juliet, "capulet", nullptr, "", stage.now);
    CHECK(in_words(stage.joins(tybalt, "juliet")) == Strings{"3 < refused juliet conflict cancel"});
    stage.says(juliet, "b");
    CHECK(stage.hears(stage.sealed(stage.published[0], "juliet", "a")) == Strings{"1,2 < juliet: a", "home"});
    CHECK(stage.hears(stage.sealed(stage.published[1], "capulet", "b")) == Strings{"1,2 < capulet: b", "home"});
}

TEST_CASE("lines said while a new subscription is asked wait for the answer, in order") {
    Stage stage;
    stage.open();
    stage.room.on_broker_away("cut", stage.now);
    CHECK(stage.says(romeo, "a") == Strings{"publish romeo: a"});
    stage.room.on_broker_up(stage.now);
    CHECK(stage.says(romeo, "b").empty());
    CHECK(stage.says(juliet, "c").empty());
    CHECK(stage.room.in_flight() == 3);
    CHECK(stage.words(stage.room.on_granted({true}, stage.now)) == Strings{"publish romeo: b", "publish juliet: c"});
    CHECK(stage.says(juliet, "d") == Strings{"publish juliet: d"});
}

TEST_CASE("lines wait 2 s for the answer to a subscription, no longer") {
    Stage stage;
    stage.open();
    stage.room.on_broker_away("cut", stage.now);
    stage.room.on_broker_up(stage.now);
    stage.says(romeo, "a");
    CHECK(stage.room.next_tick() == stage.now.tick + 2s);
    CHECK(stage.sleeps() == Strings{"publish romeo: a"});
    CHECK(stage.says(romeo, "b") == Strings{"publish romeo: b"});
}

TEST_CASE("lines that wait for an answer are published when the broker goes again, and at shutdown") {
    Stage stage;
    stage.open();
    stage.room.on_broker_away("cut", stage.now);
    stage.room.on_broker_up(stage.now);
    stage.says(romeo, "a");
    CHECK(stage.words(stage.room.on_broker_away("cut", stage.now)) == Strings{"publish romeo: a"});
    stage.room.on_broker_up(stage.now);
    stage.says(romeo, "b");
    CHECK(stage.words(stage.room.on_shutdown(stage.now))[0] == "publish romeo: b");
}

TEST_CASE("who may not write to the address is refused, and told by which rule [S9]") {
    RoomWiring wiring = both_ways();
    wiring.access.may_write = [](const Jid& bare) { return bare.local != "juliet"; };
    wiring.access.rule = "rule 2";
    Stage stage{wiring};
    stage.open();
    Line line;
    line.body = "a";
    const Effects effects = stage.room.on_groupchat(juliet, line, stage.now);
    CHECK(in_words(effects) == Strings{"2 < refused message forbidden auth"});
    CHECK(first<Refuse>(effects)->error.text == "rule 2 does not let you write to foo/bar");
    CHECK(stage.says(romeo, "a") == Strings{"publish romeo: a"});
    // What is not published needs no right to publish.
    CHECK(stage.types(juliet, "composing") == Strings{"1,2 < juliet: <composing/>"});
}

TEST_CASE("who said something while waiting needs the right to write when the wait is over [S9]") {
    RoomWiring wiring = both_ways();
    wiring.access.may_write = [](const Jid& bare) { return bare.local != "romeo"; };
    Stage stage{wiring};
    stage.joins(romeo, "romeo");
    stage.says(romeo, "a");
    CHECK(stage.words(stage.room.on_granted({true}, stage.now)).back() == "1 < refused message forbidden auth");
}

namespace {

Strings whispers(Stage& stage, const Visitor& from, const std::string& nick, const std::string& type = "chat") {
    Line line;
    line.body = "psst";
    return stage.words(stage.room.on_private(from, nick, type, line, stage.now));
}

}  // namespace

TEST_CASE("private messages are for whom the configuration lets [XEP-0045 §5.1.1, §7.5]") {
    Stage stage{both_ways(), {.moderated = true, .may_write_privately = Role::participant}};
    stage.room.remember_affiliation(tybalt.jid, Affiliation::member);
    stage.open();
    stage.joins(tybalt, "tybalt");
    CHECK(whispers(stage, juliet, "romeo") == Strings{"2 < refused message romeo forbidden auth"});
    CHECK(whispers(stage, tybalt, "juliet") == Strings{"2 < chat of tybalt: psst"});
    CHECK(whispers(stage, romeo, "juliet") == Strings{"2 < chat of romeo: psst"});
}

TEST_CASE("where nobody may write privately, not even the owner does [XEP-0045 §7.5]") {
    Stage stage{both_ways(), {.may_write_privately = Role::none}};
    stage.open();
    CHECK(whispers(stage, romeo, "juliet") == Strings{"1 < refused message juliet not-allowed cancel"});
    CHECK(whispers(stage, juliet, "romeo") == Strings{"2 < refused message romeo not-allowed cancel"});
}

TEST_CASE("an error is no way around it, and is not answered [RFC 6120 §8.3.1]") {
    Stage stage{both_ways(), {.may_write_privately = Role::moderator}};
    stage.open();
    CHECK(whispers(stage, juliet, "romeo", "error").empty());
    CHECK(whispers(stage, romeo, "juliet", "error") == Strings{"2 < error of romeo: psst"});
    CHECK(whispers(stage, tybalt, "juliet", "error").empty());
}

TEST_CASE("a visitor writes privately by default, even to a visitor [XEP-0045 §5.1.1]") {
    Stage stage{both_ways(), {.moderated = true}};
    stage.open();
    stage.joins(tybalt, "tybalt");
    CHECK(whispers(stage, juliet, "tybalt") == Strings{"3 < chat of juliet: psst"});
    CHECK(whispers(stage, juliet, "juliet") == Strings{"2 < chat of juliet: psst"});
}
