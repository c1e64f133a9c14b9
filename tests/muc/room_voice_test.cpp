#include "muc/stage.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

/// romeo is the owner, juliet a visitor, tybalt a member with voice.
struct Moderated : Stage {
    Moderated() : Stage{both_ways(), {.moderated = true}} {
        room.remember_affiliation(tybalt.jid, Affiliation::member);
        open();
        joins(tybalt, "tybalt");
    }
    Strings asks(const Visitor& visitor) { return words(room.on_voice_request(visitor, "v1", now)); }
    Strings answers(const Visitor& visitor, VoiceAnswer answer) {
        return words(room.on_voice_answer(visitor, answer, "v2", now));
    }
};

const VoiceAnswer yes{.nick = "juliet", .jid = juliet.jid, .allowed = true};

}  // namespace

TEST_CASE("a visitor's wish to speak reaches every moderator and nobody else [XEP-0045 §7.13, §8.6]") {
    Moderated stage;
    stage.joins(session("romeo", 10), "romeo");
    const Effects effects = stage.room.on_voice_request(juliet, "v1", stage.now);
    REQUIRE(effects.size() == 1);
    const AskForVoice& ask = std::get<AskForVoice>(effects[0]);
    CHECK(to_text(ask.to) == "1,10");
    CHECK(to_string(ask.real_jid) == "juliet@localhost/2");
    CHECK(ask.nick == "juliet");
}

TEST_CASE("who has voice asks in vain, who is outside is refused [XEP-0045 §7.13]") {
    Moderated stage;
    CHECK(stage.asks(tybalt).empty());
    CHECK(stage.asks(romeo).empty());
    CHECK(stage.asks(session("paris", 5)) == Strings{"5 < refused message not-acceptable modify"});
}

TEST_CASE("who asks for voice where no moderator is learns that [XEP-0045 §8.6]") {
    Moderated stage;
    stage.leaves(romeo);
    CHECK(stage.asks(juliet) == Strings{"2 < refused message recipient-unavailable wait"});
}

TEST_CASE("a moderator's yes makes a participant, whom all see so [XEP-0045 §8.3, §8.6]") {
    Moderated stage;
    CHECK(stage.says(juliet, "a") == Strings{"2 < refused message forbidden auth"});
    const Effects effects = stage.room.on_voice_answer(romeo, yes, "v2", stage.now);
    Strings who;
    for (const Effect& effect : effects) {
        const OccupantView& occupant = std::get<ShowPresence>(effect).occupant;
        CHECK(occupant.nick == "juliet");
        CHECK(occupant.role == Role::participant);
        who.push_back(to_text(std::get<ShowPresence>(effect).to));
    }
    std::sort(who.begin(), who.end());
    CHECK(who == Strings{"1", "2", "3"});
    CHECK(stage.says(juliet, "a") == Strings{"publish juliet: a"});
}

TEST_CASE("a no changes nothing, nor does a second yes [XEP-0045 §8.6]") {
    Moderated stage;
    VoiceAnswer no = yes;
    no.allowed = false;
    CHECK(stage.answers(romeo, no).empty());
    CHECK(stage.says(juliet, "a") == Strings{"2 < refused message forbidden auth"});
    stage.answers(romeo, yes);
    CHECK(stage.answers(romeo, yes).empty());
}

TEST_CASE("a yes is for who has asked, whatever she is called by now [XEP-0045 §8.6]") {
    Moderated stage;
    stage.room.on_presence(juliet, "capulet", nullptr, "", stage.now);
    stage.joins(session("paris", 5), "juliet");
    stage.answers(romeo, yes);
    CHECK(stage.says(juliet, "a") == Strings{"publish capulet: a"});
    CHECK(stage.says(session("paris", 5), "a") == Strings{"5 < refused message forbidden auth"});
    CHECK(stage.answers(romeo, {.nick = "Juliet", .allowed = true}).size() == 3);
    CHECK(stage.says(session("paris", 5), "a") == Strings{"publish juliet: a"});
}

TEST_CASE("a yes for who has left is refused [XEP-0045 §8.6]") {
    Moderated stage;
    stage.leaves(juliet);
    stage.joins(session("paris", 5), "juliet");
    CHECK(stage.answers(romeo, yes) == Strings{"1 < refused message item-not-found cancel"});
    CHECK(stage.answers(romeo, {.nick = "nurse", .allowed = true}) ==
          Strings{"1 < refused message item-not-found cancel"});
    CHECK(stage.answers(romeo, {.allowed = true}) == Strings{"1 < refused message item-not-found cancel"});
}

TEST_CASE("only moderators grant voice, and nothing but voice [XEP-0045 §8.6]") {
    Moderated stage;
    CHECK(stage.answers(tybalt, yes) == Strings{"3 < refused message forbidden auth"});
    CHECK(stage.answers(juliet, yes) == Strings{"2 < refused message forbidden auth"});
    CHECK(stage.answers(session("paris", 5), yes) == Strings{"5 < refused message not-acceptable modify"});
    VoiceAnswer more = yes;
    more.role = Role::moderator;
    CHECK(stage.answers(romeo, more) == Strings{"1 < refused message bad-request modify"});
    CHECK(stage.says(juliet, "a") == Strings{"2 < refused message forbidden auth"});
}
