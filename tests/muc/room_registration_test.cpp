#include "muc/stage.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

/// "result" with the effects before it, or the refusal.
Strings answer(Stage& stage, Verdict verdict) {
    if (verdict.refusal) {
        CHECK(verdict.effects.empty());
        return {std::string{to_string(verdict.refusal->condition)} + ' ' +
                std::string{to_string(verdict.refusal->type)}};
    }
    Strings words = stage.words(std::move(verdict.effects));
    words.emplace_back("result");
    return words;
}

Strings registers(Stage& stage, const Visitor& visitor, const std::string& nick) {
    return answer(stage, stage.room.on_register(visitor, nick, stage.now));
}

Strings deregisters(Stage& stage, const Visitor& visitor) {
    return answer(stage, stage.room.on_deregister(visitor, stage.now));
}

std::string registration(const Stage& stage, const Visitor& visitor) {
    const auto known = stage.room.registration(visitor);
    if (const auto* error = std::get_if<StanzaError>(&known))
        return std::string{to_string(error->condition)} + ' ' + std::string{to_string(error->type)};
    return '"' + std::get<std::string>(known) + '"';
}

/// juliet is a member, and romeo and she are inside.
struct Members : Stage {
    explicit Members(RoomOptions options = {}) {
        room.remember_affiliation(juliet.jid, Affiliation::member);
        open();
        CHECK_FALSE(room.on_options(romeo, std::move(options), now).refusal);
    }
};

const Visitor nurse = session("nurse", 4), paris = session("paris", 5);

}  // namespace

TEST_CASE("who is nobody to the room, or banned, may not register [XEP-0045 §7.10]") {
    Members stage;
    stage.room.remember_affiliation(paris.jid, Affiliation::outcast);
    stage.joins(tybalt, "tybalt");
    CHECK(registration(stage, tybalt) == "not-allowed cancel");
    CHECK(registers(stage, tybalt, "tybalt") == Strings{"not-allowed cancel"});
    CHECK(registration(stage, paris) == "not-allowed cancel");
    CHECK(registers(stage, paris, "paris") == Strings{"not-allowed cancel"});
}

TEST_CASE("a member's nick is reserved, and the occupant shown again before the result [XEP-0045 §7.10]") {
    Members stage;
    CHECK(registration(stage, juliet) == "\"\"");
    CHECK(registers(stage, juliet, "Capulet") == Strings{"1 < [juliet participant member is juliet@localhost/2]",
                                                         "2 < [juliet participant member is juliet@localhost/2 110]",
                                                         "result"});
    CHECK(registration(stage, session("juliet", 77)) == "\"Capulet\"");
    CHECK(registers(stage, juliet, "Capulet") == Strings{"result"});
    CHECK(registers(stage, juliet, "J").back() == "result");
    CHECK(registration(stage, juliet) == "\"J\"");
}

TEST_CASE("who registers without being inside disturbs nobody [XEP-0045 §7.10]") {
    Members stage;
    stage.leaves(juliet);
    CHECK(registers(stage, juliet, "Capulet") == Strings{"result"});
    CHECK(registration(stage, juliet) == "\"Capulet\"");
}

TEST_CASE("owners register too, and an administrator who is nothing else [XEP-0045 §7.10]") {
    RoomWiring wiring = both_ways();
    wiring.access.is_administrator = [](const Jid& bare) { return bare.local == "nurse"; };
    Stage stage{wiring};
    stage.open();
    CHECK(registers(stage, romeo, "montague").back() == "result");
    CHECK(stage.room.affiliation_of(romeo.jid) == Affiliation::owner);
    CHECK(registers(stage, nurse, "Angelica") == Strings{"result"});
    CHECK(registration(stage, nurse) == "\"Angelica\"");
    CHECK(deregisters(stage, nurse) == Strings{"result"});
    CHECK(registration(stage, nurse) == "\"\"");
}

TEST_CASE("a nick that is another's, or reserved for another, is a conflict [XEP-0045 §7.10]") {
    Members stage;
    CHECK(registers(stage, juliet, "ROMEO") == Strings{"conflict cancel"});
    registers(stage, romeo, "montague");
    CHECK(registers(stage, juliet, "Montague") == Strings{"conflict cancel"});
    CHECK(registers(stage, juliet, "x [main]") == Strings{"conflict cancel"});
    CHECK(registers(stage, juliet, "JULIET").back() == "result");
}

TEST_CASE("a nick that is none makes the form invalid [XEP-0045 §7.10]") {
    Members stage;
    for (const char* nick : {"", " ", "\u200B", "a\x01", "\xFF"})
        CHECK(registers(stage, juliet, nick) == Strings{"bad-request modify"});
    CHECK(registers(stage, juliet, std::string(65, 'a')) == Strings{"not-acceptable modify"});
    CHECK(registration(stage, juliet) == "\"\"");
}

TEST_CASE("a reserved nick is refused to others at the door and inside, not to its holder [XEP-0045 §7.2.8, §7.6]") {
    Members stage;
    registers(stage, juliet, "Capulet");
    CHECK(in_words(stage.joins(tybalt, "capulet")) == Strings{"3 < refused capulet conflict cancel"});
    stage.joins(tybalt, "tybalt");
    CHECK(stage.words(stage.room.on_presence(tybalt, "CAPULET", nullptr, "", stage.now)) ==
          Strings{"3 < refused CAPULET conflict cancel"});
    CHECK(stage.words(stage.room.on_presence(juliet, "Capulet", nullptr, "", stage.now)).size() == 6);
    CHECK(in_words(stage.joins(session("juliet", 20), "Capulet")).back() == "20 < : subject ''");
}

TEST_CASE("a holder may use another nick too [XEP-0045 §7.12]") {
    Members stage;
    registers(stage, juliet, "Capulet");
    CHECK(*stage.room.nick_of(juliet.jid) == "juliet");
    CHECK(in_words(stage.joins(session("juliet", 20), "rosaline")).back() == "20 < : subject ''");
}

TEST_CASE("a nick given up for another is free [XEP-0045 §7.10]") {
    Members stage;
    registers(stage, juliet, "Capulet");
    registers(stage, juliet, "J");
    CHECK(in_words(stage.joins(tybalt, "capulet")).back() == "3 < : subject ''");
}

TEST_CASE("the creator of a room keeps the nick that was reserved before [XEP-0045 §10.1.1]") {
    Stage stage;
    stage.room.remember_affiliation(romeo.jid, Affiliation::member);
    registers(stage, romeo, "montague");
    stage.open();
    CHECK(stage.room.affiliation_of(romeo.jid) == Affiliation::owner);
    CHECK(registration(stage, romeo) == "\"montague\"");
}

TEST_CASE("a member who deregisters is one no longer, and is shown so [XEP-0045 §7.10]") {
    Members stage;
    registers(stage, juliet, "Capulet");
    CHECK(deregisters(stage, juliet) == Strings{"1 < [juliet participant none is juliet@localhost/2]",
                                                "2 < [juliet participant none is juliet@localhost/2 110]", "result"});
    CHECK(registration(stage, juliet) == "not-allowed cancel");
    CHECK(in_words(stage.joins(tybalt, "Capulet")).back() == "3 < : subject ''");
}

TEST_CASE("a member who deregisters in a moderated room loses voice [XEP-0045 §5.1.2]") {
    Members stage{{.moderated = true}};
    CHECK(deregisters(stage, juliet) == Strings{"1 < [juliet visitor none is juliet@localhost/2]",
                                                "2 < [juliet visitor none is juliet@localhost/2 110]", "result"});
}

TEST_CASE("a member who deregisters leaves a members-only room, with 321 [XEP-0045 §9.4]") {
    Members stage{{.members_only = true}};
    stage.joins(session("juliet", 20), "juliet");
    stage.joins(session("juliet", 21), "capulet");
    CHECK(deregisters(stage, juliet) == Strings{"2,20 < [gone juliet none none is juliet@localhost/20 110 321]",
                                                "21 < [gone capulet none none is juliet@localhost/21 110 321]",
                                                "1 < [gone juliet none none is juliet@localhost/20 321]",
                                                "1 < [gone capulet none none is juliet@localhost/21 321]", "result"});
    CHECK(stage.room.nicks() == Strings{"romeo"});
    CHECK(in_words(stage.joins(juliet, "juliet")) == Strings{"2 < refused juliet registration-required auth"});
}

TEST_CASE("of an absent member who deregisters moderators are told, all where JIDs are open [XEP-0045 §9.3]") {
    Members stage;
    stage.joins(tybalt, "tybalt");
    stage.leaves(juliet);
    const Effects effects = stage.room.on_deregister(juliet, stage.now).effects;
    REQUIRE(effects.size() == 1);
    CHECK(to_text(std::get<ShowAffiliation>(effects[0]).to) == "1");
    CHECK(to_string(std::get<ShowAffiliation>(effects[0]).jid) == "juliet@localhost");
    CHECK(std::get<ShowAffiliation>(effects[0]).affiliation == Affiliation::none);
    Members open{{.semi_anonymous = false}};
    open.joins(tybalt, "tybalt");
    open.leaves(juliet);
    CHECK(to_text(first<ShowAffiliation>(open.room.on_deregister(juliet, open.now).effects)->to) == "1,3");
}

TEST_CASE("an owner who deregisters loses but the nick [XEP-0045 §7.10]") {
    Members stage;
    registers(stage, romeo, "montague");
    CHECK(deregisters(stage, romeo) ==
          Strings{"2 < [romeo moderator owner]", "1 < [romeo moderator owner is romeo@localhost/1 110]", "result"});
    CHECK(stage.room.affiliation_of(romeo.jid) == Affiliation::owner);
    CHECK(registration(stage, romeo) == "\"\"");
    CHECK(deregisters(stage, romeo) == Strings{"result"});
}

TEST_CASE("who is not registered cannot deregister, who is banned is told so [XEP-0077 §3.2]") {
    Members stage;
    stage.room.remember_affiliation(paris.jid, Affiliation::outcast);
    CHECK(deregisters(stage, tybalt) == Strings{"registration-required auth"});
    CHECK(deregisters(stage, paris) == Strings{"forbidden auth"});
}

TEST_CASE("a room keeps only so many users in mind") {
    RoomWiring wiring = both_ways();
    wiring.access.is_administrator = [](const Jid& bare) { return bare.local == "nurse"; };
    Stage stage{wiring, {}, {.affiliations = 1}};
    stage.open();
    CHECK(registers(stage, nurse, "Angelica") == Strings{"resource-constraint wait"});
    CHECK(registers(stage, romeo, "montague").back() == "result");
}
