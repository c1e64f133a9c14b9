#include "muc/stage.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

TEST_CASE("a new room subscribes, and lets the joiner in when that is granted [K3]") {
    Stage stage;
    CHECK(in_words(stage.joins(romeo, "romeo")) == Strings{"subscribe"});
    CHECK(stage.room.occupant_count() == 0);
    CHECK(stage.words(stage.room.on_granted({true}, stage.now)) ==
          Strings{"1 < [romeo moderator owner is romeo@localhost/1 110 201]", "1 < : subject ''"});
    CHECK_FALSE(stage.room.next_tick());
}

TEST_CASE("who comes while the subscription is asked waits in line") {
    Stage stage;
    stage.joins(romeo, "romeo");
    CHECK(stage.joins(juliet, "juliet").empty());
    CHECK(stage.words(stage.room.on_granted({true}, stage.now)) ==
          Strings{"1 < [romeo moderator owner is romeo@localhost/1 110 201]", "1 < : subject ''",
                  "2 < [romeo moderator owner]", "1 < [juliet participant none is juliet@localhost/2]",
                  "2 < [juliet participant none is juliet@localhost/2 110]", "2 < : subject ''"});
}

TEST_CASE("a refused subscription is the join error of all who wait, in the broker's words") {
    Stage stage;
    stage.joins(romeo, "romeo");
    stage.joins(juliet, "juliet");
    const Effects effects = stage.room.on_granted({false, 0, "not authorized"}, stage.now);
    CHECK(in_words(effects) ==
          Strings{"1 < refused romeo forbidden auth", "2 < refused juliet forbidden auth", "unsubscribe", "close"});
    CHECK(first<Refuse>(effects)->error.text == "the broker refuses the subscription of foo/bar: not authorized");
    CHECK_FALSE(stage.room.next_tick());
}

TEST_CASE("a broker that does not answer within 2 s does not stop the join") {
    Stage stage;
    stage.joins(romeo, "romeo");
    CHECK(stage.room.next_tick() == stage.now.tick + 2s);
    stage.wait(1999ms);
    CHECK(stage.ticks().empty());
    stage.wait(1ms);
    CHECK(stage.ticks().size() == 2);
    CHECK(stage.room.occupant_count() == 1);
}

TEST_CASE("a broker that is away does not stop the join") {
    Stage stage;
    stage.joins(romeo, "romeo");
    CHECK(stage.words(stage.room.on_broker_away("refused", stage.now)).size() == 2);
    Stage away;
    away.room.on_broker_away("refused", away.now);
    CHECK(in_words(away.joins(romeo, "romeo")) ==
          Strings{"subscribe", "1 < [romeo moderator owner is romeo@localhost/1 110 201]", "1 < : subject ''"});
    CHECK(away.says(romeo, "a") == Strings{"publish romeo: a"});
}

TEST_CASE("a room that reads nothing opens at once") {
    Stage stage{writes_only()};
    CHECK(in_words(stage.joins(romeo, "romeo")).front().starts_with("1 < [romeo"));
    CHECK(stage.leaves(romeo) == Strings{"1 < [gone romeo none owner is romeo@localhost/1 110]"});
    CHECK(stage.sleeps() == Strings{"close"});
}

TEST_CASE("who leaves while waiting is not let in") {
    Stage stage;
    stage.joins(romeo, "romeo");
    stage.joins(juliet, "juliet");
    CHECK(stage.leaves(romeo).empty());
    CHECK(stage.words(stage.room.on_gone(juliet, {333}, stage.now)).empty());
    CHECK(stage.words(stage.room.on_granted({true}, stage.now)).empty());
    CHECK(stage.sleeps() == Strings{"unsubscribe", "close"});
}

TEST_CASE("one who joins, speaks and leaves before the broker answers is heard") {
    Stage stage;
    stage.joins(romeo, "romeo");
    CHECK(stage.says(romeo, "a").empty());
    CHECK(stage.says(romeo, "b").empty());
    CHECK(stage.leaves(romeo).empty());
    CHECK(stage.words(stage.room.on_granted({true}, stage.now)) ==
          Strings{"1 < [romeo moderator owner is romeo@localhost/1 110 201]", "1 < : subject ''", "publish romeo: a",
                  "publish romeo: b", "1 < [gone romeo none owner is romeo@localhost/1 110]"});
    stage.joins(romeo, "romeo");
    CHECK(stage.room.occupant_count() == 1);
}

TEST_CASE("what one says who is then turned away is refused, not lost") {
    Stage stage;
    stage.joins(romeo, "romeo");
    stage.says(romeo, "a");
    CHECK(stage.words(stage.room.on_granted({false, 0, "no"}, stage.now)) ==
          Strings{"1 < refused romeo forbidden auth", "1 < refused message not-acceptable modify", "unsubscribe",
                  "close"});
}

TEST_CASE("one who waits cannot say without end") {
    Stage stage;
    stage.joins(romeo, "romeo");
    for (int each = 0; each < 100; ++each)
        CHECK(stage.says(romeo, "a").empty());
    CHECK(stage.says(romeo, "a") == Strings{"1 < refused message resource-constraint wait"});
}

TEST_CASE("the others, oneself, history, subject, in this order [XEP-0045 §7.1]") {
    Stage stage;
    stage.open();
    stage.says(romeo, "But soft");
    stage.hears(stage.sealed(stage.published[0], "romeo", "But soft"));
    stage.sets_subject(romeo, "Verona");
    CHECK(in_words(stage.joins(tybalt, "tybalt", {.extra = bytes("<show>dnd</show>"), .id = "j1"})) ==
          Strings{"3 < [romeo moderator owner]", "3 < [juliet participant none]",
                  "1 < [tybalt participant none is tybalt@localhost/3 <show>dnd</show>]",
                  "2 < [tybalt participant none <show>dnd</show>]",
                  "3 < [tybalt participant none is tybalt@localhost/3 110 id j1 <show>dnd</show>]",
                  "3 < romeo: But soft (delayed)", "3 < romeo: subject 'Verona' (delayed)"});
}

TEST_CASE("history is stamped with the time of the line, and keeps its stanza-id [XEP-0045 §7.2.13]") {
    Stage stage;
    stage.open();
    const WallTime said_at = stage.now.wall;
    stage.says(romeo, "But soft");
    stage.wait(1s);
    stage.hears(stage.sealed(stage.published[0], "romeo", "But soft"));
    stage.wait(1h);
    const Effects effects = stage.joins(tybalt, "tybalt");
    CHECK(first<ShowLine>(effects)->delayed == said_at);
    CHECK(first<ShowLine>(effects)->line.stanza_id == stage.published[0]);
    CHECK(first<ShowLine>(effects)->occupant_id == "id-of-romeo");
}

TEST_CASE("a subject is shown with the time at which it was set, a cleared one too [XEP-0045 §7.2.15]") {
    Stage stage;
    stage.open();
    const WallTime set_at = stage.now.wall;
    stage.sets_subject(romeo, "Verona");
    stage.wait(1min);
    CHECK(first<ShowLine>(stage.joins(tybalt, "tybalt"))->delayed == set_at);
    stage.sets_subject(romeo, "");
    const Effects effects = stage.joins(session("paris", 4), "paris");
    CHECK(first<ShowLine>(effects)->delayed == set_at + 1min);
    CHECK(first<ShowLine>(effects)->line.subject == "");
}

TEST_CASE("in a non-anonymous room everyone sees real JIDs, and is told so by 100 [XEP-0045 §7.2.3]") {
    Stage stage{both_ways(), {.semi_anonymous = false}};
    stage.open();
    CHECK(in_words(stage.joins(tybalt, "tybalt")) ==
          Strings{"3 < [romeo moderator owner is romeo@localhost/1]",
                  "3 < [juliet participant none is juliet@localhost/2]",
                  "1 < [tybalt participant none is tybalt@localhost/3]",
                  "2 < [tybalt participant none is tybalt@localhost/3]",
                  "3 < [tybalt participant none is tybalt@localhost/3 100 110]", "3 < : subject ''"});
}

TEST_CASE("a nick that the service made of another is told by 210 [XEP-0045 §7.2.2]") {
    Stage stage;
    stage.open();
    CHECK(in_words(stage.joins(tybalt, "tybalt", {.nick_was_changed = true}))[4] ==
          "3 < [tybalt participant none is tybalt@localhost/3 110 210]");
}

TEST_CASE("a nick in use is refused, whatever its case [XEP-0045 §7.2.8]") {
    Stage stage;
    stage.open();
    CHECK(in_words(stage.joins(tybalt, "Romeo")) == Strings{"3 < refused Romeo conflict cancel"});
    CHECK(in_words(stage.joins(tybalt, "romeo ")) == Strings{"3 < refused romeo  conflict cancel"});
    CHECK(in_words(stage.joins(tybalt, "sensor [Main]")) == Strings{"3 < refused sensor [Main] conflict cancel"});
    CHECK(in_words(stage.joins(tybalt, " ")) == Strings{"3 < refused   jid-malformed modify"});
    CHECK(in_words(stage.joins(tybalt, std::string(65, 'a'))).front().ends_with("not-acceptable modify"));
    CHECK(stage.room.nicks() == Strings{"romeo", "juliet"});
}

TEST_CASE("two who wait under one nick: the first gets it") {
    Stage stage;
    stage.joins(romeo, "x");
    stage.joins(juliet, "X");
    CHECK(stage.words(stage.room.on_granted({true}, stage.now)).back() == "2 < refused X conflict cancel");
}

TEST_CASE("a room that nobody could enter is closed") {
    Stage stage;
    CHECK(in_words(stage.joins(romeo, " ")) == Strings{"1 < refused   jid-malformed modify", "close"});
}

TEST_CASE("password, membership, ban and a full room are refused by their own names [XEP-0045 §7.2.17]") {
    Stage stage{both_ways(), {.members_only = true, .password = "swordfish", .max_users = 2}};
    const auto joins = [&](const Visitor& visitor, std::optional<std::string> password) {
        return in_words(stage.joins(visitor, visitor.jid.local, {.password = std::move(password)})).back();
    };
    for (const char* user : {"romeo", "juliet", "tybalt"})
        stage.room.remember_affiliation(session(user, 0).jid, Affiliation::member);
    stage.room.remember_affiliation(session("paris", 0).jid, Affiliation::outcast);
    stage.room.remember_affiliation(session("prince", 0).jid, Affiliation::admin);
    stage.room.on_broker_away("", stage.now);
    CHECK(joins(romeo, "swordfish") == "1 < : subject ''");
    CHECK(joins(juliet, {}) == "2 < refused juliet not-authorized auth");
    CHECK(joins(juliet, "shark") == "2 < refused juliet not-authorized auth");
    CHECK(joins(session("paris", 4), "swordfish") == "4 < refused paris forbidden auth");
    CHECK(joins(session("nurse", 5), "swordfish") == "5 < refused nurse registration-required auth");
    CHECK(joins(juliet, "swordfish") == "2 < : subject ''");
    CHECK(joins(tybalt, "swordfish") == "3 < refused tybalt service-unavailable wait");
    // §7.2.9: an admin may enter a full room.
    CHECK(joins(session("prince", 6), "swordfish") == "6 < : subject ''");
}

TEST_CASE("the sessions of a room are limited, those who wait included") {
    Stage stage{both_ways(), {}, {.occupants = 2}};
    stage.joins(romeo, "romeo");
    stage.joins(juliet, "juliet");
    const Effects effects = stage.joins(tybalt, "tybalt");
    CHECK(in_words(effects) == Strings{"3 < refused tybalt service-unavailable wait"});
    CHECK(first<Refuse>(effects)->error.text == "the room is full (limits/occupants_per_room)");
    // Who waits already takes no second seat.
    CHECK(stage.joins(juliet, "capulet").empty());
}

TEST_CASE("in a moderated room one enters without voice, a member with it [XEP-0045 §5.1.2]") {
    Stage stage{both_ways(), {.moderated = true}};
    stage.room.remember_affiliation(tybalt.jid, Affiliation::member);
    stage.open();
    CHECK(in_words(stage.joins(tybalt, "tybalt"))[1] == "3 < [juliet visitor none]");
    CHECK(in_words(stage.joins(tybalt, "tybalt"))[2] == "3 < [tybalt participant member is tybalt@localhost/3 110]");
}

TEST_CASE("a join by one who is inside gets the whole sequence again, and nobody else anything [XEP-0045 §7.2.1]") {
    Stage stage;
    stage.open();
    CHECK(in_words(stage.joins(romeo, "romeo", {.id = "again"})) ==
          Strings{"1 < [juliet participant none is juliet@localhost/2]",
                  "1 < [romeo moderator owner is romeo@localhost/1 110 id again]", "1 < : subject ''"});
    CHECK(in_words(stage.joins(romeo, "romeo", {.extra = bytes("<show>xa</show>")})) ==
          Strings{"1 < [juliet participant none is juliet@localhost/2]", "2 < [romeo moderator owner <show>xa</show>]",
                  "1 < [romeo moderator owner is romeo@localhost/1 110 <show>xa</show>]", "1 < : subject ''"});
    CHECK(stage.room.occupant_count() == 2);
}

TEST_CASE("a rejoin over another connection moves the session there") {
    Stage stage;
    stage.open();
    const Visitor elsewhere{{1, 0, 77}, romeo.jid};
    stage.joins(elsewhere, "romeo");
    stage.says(elsewhere, "a");
    CHECK(stage.accepted(stage.published[0]).empty());
    CHECK(stage.hears(stage.sealed(stage.published[0], "romeo", "a")) == Strings{"77,2 < romeo: a", "home"});
}

TEST_CASE("a join under another nick by one who is inside changes the nick first") {
    Stage stage;
    stage.open();
    CHECK(in_words(stage.joins(juliet, "rosaline")) ==
          Strings{"1 < [gone juliet participant none is juliet@localhost/2 now rosaline 303]",
                  "2 < [gone juliet participant none is juliet@localhost/2 now rosaline 110 303]",
                  "1 < [rosaline participant none is juliet@localhost/2]",
                  "2 < [rosaline participant none is juliet@localhost/2 110]", "2 < [romeo moderator owner]",
                  "2 < [rosaline participant none is juliet@localhost/2 110]", "2 < : subject ''"});
    CHECK(in_words(stage.joins(juliet, "romeo")) == Strings{"2 < refused romeo conflict cancel"});
}

TEST_CASE("another session of the same user shares the nick [XEP-0045 §7.2.8]") {
    Stage stage;
    stage.open();
    const Visitor phone = session("juliet", 20);
    CHECK(in_words(stage.joins(phone, "Juliet", {.extra = bytes("<show>away</show>")})) ==
          Strings{
              "20 < [romeo moderator owner]", "1 < [juliet participant none is juliet@localhost/20 <show>away</show>]",
              "2 < [juliet participant none is juliet@localhost/20 110 <show>away</show>]",
              "20 < [juliet participant none is juliet@localhost/20 110 210 <show>away</show>]", "20 < : subject ''"});
    CHECK(stage.room.occupant_count() == 2);
    stage.says(phone, "a");
    CHECK(stage.hears(stage.sealed(stage.published[0], "juliet", "a")) == Strings{"1,2,20 < juliet: a", "home"});
    CHECK(stage.leaves(phone) == Strings{"20 < [gone juliet none none is juliet@localhost/20 110]",
                                         "1 < [juliet participant none is juliet@localhost/2]"});
    CHECK(stage.leaves(juliet) == Strings{"2 < [gone juliet none none is juliet@localhost/2 110]",
                                          "1 < [gone juliet none none is juliet@localhost/2]"});
}

TEST_CASE("a user's sessions are told of a further one together, however many") {
    Stage stage;
    stage.open();
    stage.joins(session("juliet", 20), "juliet");
    CHECK(in_words(stage.joins(session("juliet", 21), "juliet"))[2] ==
          "2,20 < [juliet participant none is juliet@localhost/21 110]");
}

TEST_CASE("one of two sessions that goes without a change to be seen is told, and nobody else") {
    Stage stage;
    stage.open();
    stage.joins(session("juliet", 20), "juliet");
    CHECK(stage.leaves(juliet) == Strings{"2 < [gone juliet none none is juliet@localhost/2 110]"});
    CHECK(stage.words(stage.room.on_gone(session("juliet", 20), {333}, stage.now)) ==
          Strings{"20 < [gone juliet none none is juliet@localhost/20 110 333]",
                  "1 < [gone juliet none none is juliet@localhost/20 333]"});
}

TEST_CASE("one who asks again after the wait, before the room woke up, is let in once") {
    Stage stage;
    stage.joins(romeo, "romeo");
    stage.joins(juliet, "juliet");
    stage.wait(2s);
    CHECK(in_words(stage.joins(juliet, "juliet", {.id = "again"})).size() == 9);
    CHECK(stage.room.occupant_count() == 2);
    Stage other;
    other.joins(romeo, "romeo");
    other.wait(2s);
    CHECK(in_words(other.joins(juliet, "romeo")).back() == "2 < refused romeo conflict cancel");
}

TEST_CASE("one who asks again while waiting is let in once, as asked last") {
    Stage stage;
    stage.joins(romeo, "romeo");
    stage.says(romeo, "a");
    stage.joins(romeo, "montague");
    CHECK(stage.words(stage.room.on_granted({true}, stage.now)) ==
          Strings{"1 < [montague moderator owner is romeo@localhost/1 110 201]", "1 < : subject ''",
                  "publish montague: a"});
}

TEST_CASE("who may not read the address does not enter, and is told by which rule [S9]") {
    RoomWiring wiring = both_ways();
    wiring.access.may_read = [](const Jid& bare) { return bare.local != "tybalt"; };
    wiring.access.rule = "rule 2";
    Stage stage{wiring};
    stage.open();
    const Effects effects = stage.joins(tybalt, "tybalt");
    CHECK(in_words(effects) == Strings{"3 < refused tybalt forbidden auth"});
    CHECK(first<Refuse>(effects)->error.text == "rule 2 does not let you read foo/bar");
    CHECK(stage.room.occupant_count() == 2);
}

TEST_CASE("who may no longer read when the wait is over is turned away [S9]") {
    Stage stage;
    stage.joins(romeo, "romeo");
    stage.joins(tybalt, "tybalt");
    RoomWiring wiring = both_ways();
    wiring.access.may_read = [](const Jid& bare) { return bare.local != "tybalt"; };
    stage.room.on_wired(wiring, stage.now);
    const Effects effects = stage.room.on_granted({true}, stage.now);
    CHECK(in_words(effects).back() == "3 < refused tybalt forbidden auth");
    CHECK(std::get<Refuse>(effects.back()).error.text == "the configuration does not let you read foo/bar");
}

TEST_CASE("a nick may not end in a mirror's mark either [S9]") {
    RoomWiring wiring = both_ways();
    wiring.mirrors = {{.address = "bar", .mark = "[cold]"}, {.address = "baz", .mark = "[old]"}};
    Stage stage{wiring};
    stage.open();
    for (const char* nick : {"x [main]", "x [Cold]", "x [old] "})
        CHECK(in_words(stage.joins(tybalt, nick)) == Strings{"3 < refused " + std::string{nick} + " conflict cancel"});
    CHECK(stage.words(stage.room.on_presence(juliet, "[OLD]", nullptr, "", stage.now)) ==
          Strings{"2 < refused [OLD] conflict cancel"});
    CHECK(in_words(stage.joins(tybalt, "[old] x")).back() == "3 < : subject ''");
}

TEST_CASE("of several sessions the one that enters gets the past, and not the others [XEP-0045 §7.2.13]") {
    Stage stage;
    stage.open();
    stage.says(romeo, "a");
    stage.hears(stage.sealed(stage.published[0], "romeo", "a"));
    const Strings words = in_words(stage.joins(session("juliet", 20), "juliet"));
    CHECK(words[words.size() - 2] == "20 < romeo: a (delayed)");
    CHECK(words.back() == "20 < : subject ''");
}

TEST_CASE("who wants no history gets the subject alone, at a rejoin too [XEP-0045 §7.2.14, §7.2.15]") {
    Stage stage;
    stage.open();
    stage.says(romeo, "a");
    stage.hears(stage.sealed(stage.published[0], "romeo", "a"));
    for (int each = 0; each < 2; ++each) {
        const Strings words = in_words(stage.joins(tybalt, "tybalt", {.history = {.max_characters = 0}}));
        CHECK(words[words.size() - 2].starts_with("3 < [tybalt"));
        CHECK(words.back() == "3 < : subject ''");
    }
}

TEST_CASE("of very many who wait only some come in at a time, each once and in order") {
    Stage stage;
    std::vector<Visitor> crowd;
    for (std::uint64_t i = 0; i < 50; ++i) {
        crowd.push_back({{0, 0, 100 + i}, *Jid::parse("u" + std::to_string(i) + "@localhost/x")});
        stage.joins(crowd.back(), "u" + std::to_string(i));
    }
    stage.words(stage.room.on_granted({true}, stage.now));
    CHECK(stage.room.occupant_count() == 16);
    REQUIRE(stage.room.next_tick());
    // Who comes now is behind them.
    stage.joins(romeo, "u49");
    CHECK(stage.room.occupant_count() < 50);
    for (int i = 0; i < 10 && stage.room.next_tick(); ++i) {
        stage.wait(1ms);
        stage.ticks();
    }
    CHECK(stage.room.occupant_count() == 50);
    CHECK(stage.room.nicks().back() == "u49");
    CHECK(stage.room.nick_of(crowd.back().jid));
    CHECK_FALSE(stage.room.nick_of(romeo.jid));
}
