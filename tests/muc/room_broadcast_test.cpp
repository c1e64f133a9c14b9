#include "muc/stage.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

RoomOptions without_visitors() { return {.moderated = true, .broadcast = {.visitor = false}}; }

Strings probes(Stage& stage, const Visitor& visitor, const std::string& nick) {
    return stage.words(stage.room.on_probe(visitor, nick, "p1", stage.now));
}

void reserve(Stage& stage, const Visitor& visitor, const std::string& nick) {
    stage.room.remember_affiliation(visitor.jid, Affiliation::member);
    CHECK_FALSE(stage.room.on_register(visitor, nick, stage.now).refusal);
}

}  // namespace

TEST_CASE("the roles that are told of are those of the configuration [XEP-0045 §5.1.3]") {
    const PresenceBroadcast usual;
    CHECK(usual.shows(Role::visitor));
    CHECK(usual.shows(Role::participant));
    CHECK(usual.shows(Role::moderator));
    CHECK_FALSE(usual.shows(Role::none));
    const PresenceBroadcast odd{.visitor = false, .participant = false, .moderator = false, .none = true};
    CHECK_FALSE(odd.shows(Role::visitor));
    CHECK_FALSE(odd.shows(Role::participant));
    CHECK_FALSE(odd.shows(Role::moderator));
    CHECK(odd.shows(Role::none));
}

TEST_CASE("visitors whose presence is not told are seen by themselves alone [XEP-0045 §7.2.2]") {
    Stage stage{both_ways(), without_visitors()};
    stage.open();
    CHECK(in_words(stage.joins(tybalt, "tybalt")) == Strings{"3 < [romeo moderator owner]",
                                                             "3 < [tybalt visitor none is tybalt@localhost/3 110]",
                                                             "3 < : subject ''"});
    CHECK(stage.words(stage.room.on_presence(juliet, "juliet", bytes("<show>xa</show>"), "", stage.now)) ==
          Strings{"2 < [juliet visitor none is juliet@localhost/2 110 <show>xa</show>]"});
    CHECK(stage.words(stage.room.on_presence(juliet, "capulet", nullptr, "", stage.now)) ==
          Strings{"2 < [gone juliet visitor none is juliet@localhost/2 now capulet 110 303]",
                  "2 < [capulet visitor none is juliet@localhost/2 110]"});
    CHECK(stage.leaves(juliet) == Strings{"2 < [gone capulet none none is juliet@localhost/2 110]"});
}

TEST_CASE("another session of a user whose presence is not told sees it [XEP-0045 §7.2.2, §7.2.8]") {
    Stage stage{both_ways(), without_visitors()};
    stage.open();
    CHECK(in_words(stage.joins(session("juliet", 20), "juliet")) ==
          Strings{"20 < [romeo moderator owner]", "2 < [juliet visitor none is juliet@localhost/20 110]",
                  "20 < [juliet visitor none is juliet@localhost/20 110]", "20 < : subject ''"});
}

TEST_CASE("a room where nobody's presence is told is quiet [XEP-0045 §7.2.2]") {
    Stage stage{both_ways(), {.broadcast = {.visitor = false, .participant = false, .moderator = false}}};
    stage.open();
    CHECK(in_words(stage.joins(tybalt, "tybalt")) ==
          Strings{"3 < [tybalt participant none is tybalt@localhost/3 110]", "3 < : subject ''"});
    CHECK(stage.leaves(romeo) == Strings{"1 < [gone romeo none owner is romeo@localhost/1 110]"});
}

TEST_CASE("where absent members are told of, the joiner sees them unavailable under their nicks [XEP-0045 §7.2.2]") {
    Stage stage{both_ways(), {.broadcast = {.none = true}}};
    reserve(stage, session("nurse", 0), "Nurse");
    reserve(stage, session("juliet", 0), "Juliet");
    stage.room.remember_affiliation(session("paris", 0).jid, Affiliation::member);
    stage.open();
    CHECK(in_words(stage.joins(session("prince", 4), "prince")) ==
          Strings{"4 < [romeo moderator owner]", "4 < [juliet participant member]",
                  "4 < [gone Nurse none member now Nurse]", "1 < [prince participant none is prince@localhost/4]",
                  "2 < [prince participant none]", "4 < [prince participant none is prince@localhost/4 110]",
                  "4 < : subject ''"});
    // A moderator sees whose nick it is.
    CHECK(in_words(stage.joins(romeo, "romeo"))[2] == "1 < [gone Nurse none member is nurse@localhost now Nurse]");
}

TEST_CASE("a probe is answered by the occupant's presence, with the JID for who may see it [XEP-0045 §17.3]") {
    Stage stage;
    stage.open();
    stage.room.on_presence(juliet, "juliet", bytes("<show>xa</show>"), "", stage.now);
    CHECK(probes(stage, romeo, "juliet") ==
          Strings{"1 < [juliet participant none is juliet@localhost/2 id p1 <show>xa</show>]"});
    CHECK(probes(stage, juliet, "romeo") == Strings{"2 < [romeo moderator owner id p1]"});
}

TEST_CASE("a probe of oneself or of the room tells that one is inside [XEP-0045 §17.3]") {
    Stage stage;
    stage.open();
    CHECK(probes(stage, juliet, "juliet") == Strings{"2 < [juliet participant none is juliet@localhost/2 110 id p1]"});
    CHECK(probes(stage, juliet, "") == Strings{"2 < [juliet participant none is juliet@localhost/2 110 id p1]"});
}

TEST_CASE("a probe by one who is not inside, or who still waits, is refused [XEP-0045 §17.3]") {
    Stage stage;
    stage.joins(romeo, "romeo");
    CHECK(probes(stage, romeo, "romeo") == Strings{"1 < refused romeo not-acceptable cancel"});
    stage.room.on_granted({true}, stage.now);
    CHECK(probes(stage, tybalt, "romeo") == Strings{"3 < refused romeo not-acceptable cancel"});
}

TEST_CASE("a probe tells who is absent by the nick reserved for him, and else that nobody is there [XEP-0045 §17.3]") {
    Stage stage;
    reserve(stage, session("nurse", 0), "Nurse");
    stage.open();
    CHECK(probes(stage, romeo, "Nurse") == Strings{"1 < [gone Nurse none member is nurse@localhost now Nurse id p1]"});
    CHECK(probes(stage, juliet, "Nurse") == Strings{"2 < [gone Nurse none member now Nurse id p1]"});
    CHECK(probes(stage, juliet, "nurse") == Strings{"2 < refused nurse item-not-found cancel"});
    CHECK(probes(stage, juliet, "paris") == Strings{"2 < refused paris item-not-found cancel"});
    CHECK(probes(stage, juliet, "ROMEO") == Strings{"2 < refused ROMEO item-not-found cancel"});
}

TEST_CASE("a probe finds nobody whose presence is not told, but oneself [XEP-0045 §7.2.2, §17.3]") {
    Stage stage{both_ways(), without_visitors()};
    stage.open();
    CHECK(probes(stage, romeo, "juliet") == Strings{"1 < refused juliet item-not-found cancel"});
    CHECK(probes(stage, juliet, "juliet") == Strings{"2 < [juliet visitor none is juliet@localhost/2 110 id p1]"});
}

TEST_CASE("five thousand may enter one room, each told of those whose presence is told [XEP-0045 §7.2.2]") {
    Stage stage{both_ways(), {.broadcast = {.participant = false}}};
    stage.open();
    for (std::uint64_t each = 3; each <= 5000; ++each)
        CHECK(stage.joins(session("user" + std::to_string(each), each), "user " + std::to_string(each)).size() == 3);
    CHECK(stage.room.occupant_count() == 5000);
    CHECK(in_words(stage.joins(session("nurse", 5001), "nurse")) ==
          Strings{"5001 < refused nurse service-unavailable wait"});
}
