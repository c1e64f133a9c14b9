#include "muc/stage.hpp"

using namespace mucbridge;
using A = Affiliation;
using R = Role;

namespace {

Strings outcome(const Verdict& verdict) {
    return verdict.refusal ? Strings{std::string{to_string(verdict.refusal->condition)}} : in_words(verdict.effects);
}

/// Romeo (session 1, the owner), juliet (2, a member) and tybalt (3) inside.
struct Verona : Stage {
    explicit Verona(RoomOptions options = {}) : Stage{both_ways(), std::move(options)} {
        room.remember_affiliation({"juliet", "localhost", ""}, A::member);
        room.remember_affiliation({"tybalt", "localhost", ""}, A::member);
        open();
        joins(tybalt, "tybalt");
        outcome(room.on_rights(romeo, {{.nick = "tybalt", .affiliation = A::none}}, now));
    }
    Strings configures(const Visitor& visitor, RoomOptions options) {
        return outcome(room.on_options(visitor, std::move(options), now));
    }
};

}  // namespace

TEST_CASE("only owners configure the room [XEP-0045 §10.2]") {
    Verona stage;
    CHECK(stage.configures(juliet, {.title = "Verona"}) == Strings{"forbidden"});
    CHECK(stage.configures(session("paris", 4), {.title = "Verona"}) == Strings{"forbidden"});
    CHECK(stage.room.options().title.empty());
    stage.room.on_rights(romeo, {{.nick = "juliet", .affiliation = A::admin}}, stage.now);
    CHECK(stage.configures(juliet, {.title = "Verona"}) == Strings{"forbidden"});
}

TEST_CASE("a change is told to everybody as 104, no change to nobody [XEP-0045 §10.2.1]") {
    Verona stage;
    CHECK(stage.configures(romeo, {.title = "Verona"}) == Strings{"1,2,3 < configured 104"});
    CHECK(stage.configures(romeo, {.title = "Verona"}).empty());
    CHECK(stage.room.options().title == "Verona");
}

TEST_CASE("an owner who is not inside configures too [XEP-0045 §10.2]") {
    Verona stage;
    stage.leaves(romeo);
    CHECK(stage.configures(romeo, {.title = "Verona"}) == Strings{"2,3 < configured 104"});
    stage.leaves(juliet);
    stage.leaves(tybalt);
    CHECK(stage.configures(romeo, {.title = "Mantua"}).empty());
    CHECK(stage.room.options().title == "Mantua");
}

TEST_CASE("whether JIDs are a secret is told as 172 and 173, and reveals nobody's at once [XEP-0045 §10.2.1]") {
    Verona stage;
    CHECK(stage.configures(romeo, {.semi_anonymous = false}) == Strings{"1,2,3 < configured 172"});
    CHECK(stage.configures(romeo, {.title = "Verona"}) == Strings{"1,2,3 < configured 104 173"});
}

TEST_CASE("a room for members only loses the others, with 322 [XEP-0045 §10.2]") {
    Verona stage;
    CHECK(stage.configures(romeo, {.members_only = true, .semi_anonymous = false}) ==
          Strings{"3 < [gone tybalt none none is tybalt@localhost/3 110 322]",
                  "1 < [gone tybalt none none is tybalt@localhost/3 322]", "2 < [gone tybalt none none 322]",
                  "1,2 < configured 104 172"});
    CHECK(in_words(stage.joins(tybalt, "tybalt")) == Strings{"3 < refused tybalt registration-required auth"});
    CHECK(stage.configures(romeo, {.title = "Verona", .members_only = true, .semi_anonymous = false}) ==
          Strings{"1,2 < configured 104"});
}

TEST_CASE("nobody's role changes with the room's type [XEP-0045 §5.1.3]") {
    Verona stage;
    CHECK(stage.configures(romeo, {.moderated = true}) == Strings{"1,2,3 < configured 104"});
    CHECK(stage.says(tybalt, "a") == Strings{"publish tybalt: a"});
    CHECK(in_words(stage.joins(session("paris", 4), "paris"))[3].starts_with("1 < [paris visitor none"));
}

TEST_CASE("a role that is no longer broadcast goes out of the others' sight, and comes back [XEP-0045 §5.1.3]") {
    Verona stage;
    stage.room.on_presence(juliet, "juliet", bytes("<show>away</show>"), "", stage.now);
    CHECK(stage.configures(romeo, {.broadcast = {.participant = false}}) ==
          Strings{"1,2,3 < configured 104", "1 < [gone juliet none member is juliet@localhost/2]",
                  "3 < [gone juliet none member]", "1 < [gone tybalt none none is tybalt@localhost/3]",
                  "2 < [gone tybalt none none]"});
    CHECK(stage.configures(romeo, {}) ==
          Strings{"1,2,3 < configured 104", "1 < [juliet participant member is juliet@localhost/2 <show>away</show>]",
                  "3 < [juliet participant member <show>away</show>]",
                  "1 < [tybalt participant none is tybalt@localhost/3]", "2 < [tybalt participant none]"});
}

TEST_CASE("a password protects from the next join on") {
    Verona stage;
    stage.configures(romeo, {.password = "cauldron"});
    CHECK(in_words(stage.joins(session("paris", 4), "paris")) == Strings{"4 < refused paris not-authorized auth"});
    CHECK(stage.says(tybalt, "a").size() == 1);
}

TEST_CASE("fewer seats than occupants remove nobody, and none means the service's bound [XEP-0045 §10.2]") {
    Verona stage;
    CHECK(stage.configures(romeo, {.max_users = 1}) == Strings{"1,2,3 < configured 104"});
    CHECK(in_words(stage.joins(session("paris", 4), "paris")) == Strings{"4 < refused paris service-unavailable wait"});
    stage.configures(romeo, {});
    CHECK(in_words(stage.joins(session("paris", 4), "paris")).back() == "4 < : subject ''");
}
