#include "muc/stage.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

TEST_CASE("a change of status is shown to all, to oneself with 110 [XEP-0045 §7.7]") {
    Stage stage;
    stage.open();
    CHECK(stage.words(stage.room.on_presence(juliet, "juliet", bytes("<show>xa</show>"), "p1", stage.now)) ==
          Strings{"1 < [juliet participant none is juliet@localhost/2 <show>xa</show>]",
                  "2 < [juliet participant none is juliet@localhost/2 110 id p1 <show>xa</show>]"});
    CHECK(in_words(stage.joins(tybalt, "tybalt"))[1] == "3 < [juliet participant none <show>xa</show>]");
}

TEST_CASE("a change of nick is unavailable with 303, then available [XEP-0045 §7.6]") {
    Stage stage;
    stage.open();
    CHECK(stage.words(stage.room.on_presence(juliet, "Capulet", nullptr, "p1", stage.now)) ==
          Strings{"1 < [gone juliet participant none is juliet@localhost/2 now Capulet 303]",
                  "2 < [gone juliet participant none is juliet@localhost/2 now Capulet 110 303]",
                  "1 < [Capulet participant none is juliet@localhost/2]",
                  "2 < [Capulet participant none is juliet@localhost/2 110 id p1]"});
    CHECK(stage.room.has_nick("capulet"));
    CHECK_FALSE(stage.room.has_nick("juliet"));
    CHECK(*stage.room.nick_of(juliet.jid) == "Capulet");
    CHECK(in_words(stage.joins(tybalt, "juliet")).back() == "3 < : subject ''");
}

TEST_CASE("a nick may change its case") {
    Stage stage;
    stage.open();
    CHECK(stage.words(stage.room.on_presence(juliet, "JULIET", nullptr, "", stage.now)).size() == 4);
    CHECK(stage.room.nicks() == Strings{"romeo", "JULIET"});
}

TEST_CASE("a change to a nick in use, a reserved or a blank one is refused [XEP-0045 §7.6]") {
    Stage stage;
    stage.open();
    const auto changes = [&](const std::string& nick) {
        return stage.words(stage.room.on_presence(juliet, nick, nullptr, "", stage.now));
    };
    CHECK(changes("ROMEO") == Strings{"2 < refused ROMEO conflict cancel"});
    CHECK(changes("x [main]") == Strings{"2 < refused x [main] conflict cancel"});
    CHECK(changes("\u200B") == Strings{"2 < refused \u200B jid-malformed modify"});
    CHECK(stage.room.nicks() == Strings{"romeo", "juliet"});
}

TEST_CASE(
    "presence without a join from nobody inside is answered by a kick, a departure by silence "
    "[XEP-0045 §7.2.18, §17.3]") {
    Stage stage;
    stage.open();
    CHECK(stage.words(stage.room.on_presence(tybalt, "tybalt", nullptr, "p1", stage.now)) ==
          Strings{"3 < [gone tybalt none none 110 307 333 id p1 for 'You are not in the room.']"});
    CHECK(stage.leaves(tybalt).empty());
    CHECK(stage.words(stage.room.on_gone(tybalt, {}, stage.now)).empty());
}

TEST_CASE("presence of one who still waits is what is shown later") {
    Stage stage;
    stage.joins(romeo, "romeo");
    CHECK(stage.room.on_presence(romeo, "montague", bytes("<show>xa</show>"), "", stage.now, true).empty());
    CHECK(stage.words(stage.room.on_granted({true}, stage.now))[0] ==
          "1 < [montague moderator owner is romeo@localhost/1 110 201 210 <show>xa</show>]");
}

TEST_CASE("who leaves is told with 110, the others are too, with the parting words [XEP-0045 §7.14]") {
    Stage stage;
    stage.open();
    CHECK(stage.words(stage.room.on_leave(juliet, bytes("<status>adieu</status>"), stage.now)) ==
          Strings{"2 < [gone juliet none none is juliet@localhost/2 110 <status>adieu</status>]",
                  "1 < [gone juliet none none is juliet@localhost/2 <status>adieu</status>]"});
    CHECK(stage.leaves(juliet).empty());
}

TEST_CASE("who cannot be reached is told with 333, and so are the others [XEP-0045 §11.1]") {
    Stage stage;
    stage.open();
    CHECK(stage.words(stage.room.on_gone(juliet, {333}, stage.now)) ==
          Strings{"2 < [gone juliet none none is juliet@localhost/2 110 333]",
                  "1 < [gone juliet none none is juliet@localhost/2 333]"});
}

TEST_CASE("a session that closed is told nothing, the others that it left [XEP-0045 §7.14]") {
    Stage stage;
    stage.open();
    CHECK(stage.words(stage.room.on_gone(juliet, {}, stage.now)) ==
          Strings{"1 < [gone juliet none none is juliet@localhost/2]"});
}

TEST_CASE("a nick that the service made of another is told by 210 at a change too [XEP-0045 §7.6]") {
    Stage stage;
    stage.open();
    CHECK(stage.words(stage.room.on_presence(juliet, "Capulet", nullptr, "p1", stage.now, true)).back() ==
          "2 < [Capulet participant none is juliet@localhost/2 110 210 id p1]");
}

TEST_CASE("a change of nick changes that of all the user's sessions [XEP-0045 §7.6]") {
    Stage stage;
    stage.open();
    stage.joins(session("juliet", 20), "juliet");
    CHECK(stage.words(stage.room.on_presence(juliet, "Capulet", nullptr, "", stage.now)) ==
          Strings{"1 < [gone juliet participant none is juliet@localhost/2 now Capulet 303]",
                  "2,20 < [gone juliet participant none is juliet@localhost/20 now Capulet 110 303]",
                  "1 < [Capulet participant none is juliet@localhost/2]",
                  "20,2 < [Capulet participant none is juliet@localhost/2 110]"});
}

TEST_CASE("at shutdown every session sees itself go with 332") {
    Stage stage;
    stage.open();
    stage.joins(session("juliet", 20), "juliet");
    CHECK(stage.words(stage.room.on_shutdown(stage.now)) == Strings{"1 < [gone romeo none owner 110 332]",
                                                                    "2 < [gone juliet none none 110 332]",
                                                                    "20 < [gone juliet none none 110 332]"});
    CHECK(stage.room.occupant_count() == 0);
    CHECK_FALSE(stage.room.next_tick());
}

TEST_CASE("at shutdown those who wait are turned away") {
    Stage stage;
    stage.joins(romeo, "romeo");
    CHECK(stage.words(stage.room.on_shutdown(stage.now)) == Strings{"1 < refused romeo service-unavailable wait"});
}
