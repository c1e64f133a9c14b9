#include "muc/stage.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;
using A = Affiliation;

namespace {

Strings destroys(Stage& stage, const Visitor& visitor, Destruction destruction = {}) {
    const Verdict verdict = stage.room.on_destroy(visitor, destruction, stage.now);
    return verdict.refusal ? Strings{std::string{to_string(verdict.refusal->condition)}} : stage.words(verdict.effects);
}

}  // namespace

TEST_CASE("only owners destroy the room [XEP-0045 §10.9]") {
    Stage stage;
    stage.open();
    CHECK(destroys(stage, juliet) == Strings{"forbidden"});
    CHECK(destroys(stage, tybalt) == Strings{"forbidden"});
    CHECK(stage.room.occupant_count() == 2);
}

TEST_CASE("each occupant is told once, of itself alone, why and where to go [XEP-0045 §10.9]") {
    Stage stage;
    stage.open();
    stage.joins(session("juliet", 22), "juliet");
    CHECK(destroys(stage, romeo, {Jid{"mantua", "rooms.localhost", ""}, "key", "Banished"}) ==
          Strings{"1 < [gone romeo none none 110 destroyed to mantua@rooms.localhost for 'Banished']",
                  "2,22 < [gone juliet none none 110 destroyed to mantua@rooms.localhost for 'Banished']",
                  "unsubscribe", "close"});
    CHECK(stage.room.occupant_count() == 0);
    CHECK_FALSE(stage.room.next_tick());
}

TEST_CASE("a destroyed room is forgotten: who comes next owns a new one [XEP-0045 §10.9]") {
    Stage stage{both_ways(), {.title = "as configured"}};
    stage.open();
    stage.room.on_options(romeo, {.title = "Verona", .members_only = true, .password = "key"}, stage.now);
    stage.sets_subject(romeo, "Verona");
    stage.hears(Stage::plain("sensor", "x"));
    stage.room.on_rights(romeo, {{.jid = tybalt.jid, .affiliation = A::outcast}}, stage.now);
    destroys(stage, romeo);
    CHECK(stage.room.options().title == "as configured");
    CHECK(stage.room.subject().text.empty());
    CHECK(stage.room.affiliation_of(romeo.jid) == A::none);
    CHECK(in_words(stage.joins(tybalt, "romeo")) == Strings{"subscribe"});
    CHECK(in_words(stage.room.on_granted({true}, stage.now)) ==
          Strings{"3 < [romeo moderator owner is tybalt@localhost/3 110 201]", "3 < : subject ''"});
}

TEST_CASE("lines on their way come home before a destroyed room closes [S1]") {
    Stage stage;
    stage.open();
    stage.says(juliet, "a");
    stage.says(juliet, "b");
    CHECK(destroys(stage, romeo).size() == 2);
    CHECK(stage.room.in_flight() == 2);
    CHECK(stage.hears(stage.sealed(stage.published[0], "juliet", "a")) == Strings{"home"});
    CHECK(stage.rejected(stage.published[1], "a whim") ==
          Strings{"2 < refused message not-allowed cancel", "home", "unsubscribe", "close"});
}

TEST_CASE("who enters a destroyed room whose lines are on their way is in a new one, without them") {
    Stage stage;
    stage.open();
    stage.says(juliet, "a");
    stage.sets_subject(juliet, "Verona");
    stage.sets_subject(romeo, "Verona");
    destroys(stage, romeo);
    stage.hears(stage.sealed(stage.published[0], "juliet", "a"));
    stage.open();
    stage.says(juliet, "a");
    destroys(stage, romeo);
    CHECK(in_words(stage.joins(tybalt, "tybalt")) ==
          Strings{"3 < [tybalt moderator owner is tybalt@localhost/3 110 201]", "3 < : subject ''"});
    CHECK(stage.room.in_flight() == 1);
    CHECK_FALSE(stage.room.next_tick());
}

TEST_CASE("what came home to a destroyed room is no history of the next") {
    Stage stage;
    stage.open();
    stage.says(juliet, "a");
    stage.says(juliet, "b");
    destroys(stage, romeo);
    stage.hears(stage.sealed(stage.published[0], "juliet", "a"));
    CHECK(in_words(stage.joins(tybalt, "tybalt")) ==
          Strings{"3 < [tybalt moderator owner is tybalt@localhost/3 110 201]", "3 < : subject ''"});
    CHECK(stage.hears(stage.sealed(stage.published[1], "juliet", "b")) == Strings{"3 < juliet: b", "home"});
}

TEST_CASE("an invitation into a destroyed room is not declined in the next") {
    Stage stage;
    stage.open();
    stage.says(juliet, "a");
    CHECK(stage.words(stage.room.on_invite(romeo, {{.to = tybalt.jid}}, "", stage.now)).size() == 1);
    destroys(stage, romeo);
    stage.joins(romeo, "romeo");
    CHECK(stage.words(stage.room.on_decline(tybalt, {"foo.bar", "rooms.localhost", "romeo"}, "", "", stage.now)) !=
          Strings{"1 < declined by tybalt@localhost"});
}

TEST_CASE("a destroyed room closes in the end, whatever becomes of its lines") {
    Stage stage;
    stage.open();
    stage.says(juliet, "a");
    destroys(stage, romeo);
    stage.wait(5min);
    CHECK(stage.ticks() == Strings{"home", "unsubscribe", "close"});
}

TEST_CASE("a line that is held back until the subscription is answered is published before the room goes [S1]") {
    Stage stage;
    stage.open();
    stage.note(stage.room.on_broker_away("a whim", stage.now));
    stage.note(stage.room.on_broker_up(stage.now));
    CHECK(stage.says(juliet, "a").empty());
    CHECK(destroys(stage, romeo)[0] == "publish juliet: a");
}

TEST_CASE("who waits for the room to open learns that it is gone") {
    Stage stage;
    stage.room.remember_affiliation({"romeo", "localhost", ""}, A::owner);
    stage.joins(tybalt, "tybalt");
    CHECK(destroys(stage, romeo) == Strings{"3 < refused tybalt gone cancel", "unsubscribe", "close"});
}
