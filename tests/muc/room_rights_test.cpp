#include "muc/stage.hpp"

using namespace mucbridge;
using A = Affiliation;
using R = Role;

namespace {

const Visitor paris = session("paris", 4);

Jid bare(const std::string& user) { return {user, "localhost", ""}; }

/// "not-allowed", or what is done.
Strings outcome(const Verdict& verdict) {
    if (!verdict.refusal)
        return in_words(verdict.effects);
    CHECK(verdict.effects.empty());
    return {std::string{to_string(verdict.refusal->condition)}};
}

/// Romeo (session 1, the owner), juliet (2) and tybalt (3) inside.
struct Verona : Stage {
    explicit Verona(RoomOptions options = {}, RoomLimits limits = {}) : Stage{both_ways(), std::move(options), limits} {
        open();
        joins(tybalt, "tybalt");
    }
    Strings asks(const Visitor& visitor, std::vector<RightsItem> items) {
        return outcome(room.on_rights(visitor, items, now));
    }
    Strings asks(const Visitor& visitor, RightsItem item) { return asks(visitor, std::vector{std::move(item)}); }
    Strings makes(const Visitor& visitor, const std::string& nick, Role role, const std::string& reason = "") {
        return asks(visitor, {.nick = nick, .role = role, .reason = reason});
    }
    Strings makes(const Visitor& visitor, const Jid& jid, Affiliation affiliation, const std::string& reason = "") {
        return asks(visitor, {.jid = jid, .affiliation = affiliation, .reason = reason});
    }
    /// "romeo@localhost romeo owner moderator for 'x'", or the error.
    Strings lists(const Visitor& visitor, const RightsItem& wish) const {
        const auto answer = room.rights(visitor, wish);
        if (const auto* error = std::get_if<StanzaError>(&answer))
            return {std::string{to_string(error->condition)}};
        Strings lines;
        for (const RightsItem& item : std::get<std::vector<RightsItem>>(answer)) {
            std::string line = item.jid ? to_string(*item.jid) : "";
            line += (item.nick.empty() ? "" : " ") + item.nick + ' ' + std::string{to_string(*item.affiliation)};
            line += item.role ? ' ' + std::string{to_string(*item.role)} : "";
            lines.push_back(line + (item.reason.empty() ? "" : " for '" + item.reason + '\''));
        }
        return lines;
    }
};

}  // namespace

TEST_CASE("a kick tells the kicked who did it and why, then everybody left [XEP-0045 §8.2]") {
    Verona stage;
    CHECK(stage.makes(romeo, "tybalt", R::none, "Avaunt!") ==
          Strings{"3 < [gone tybalt none none is tybalt@localhost/3 110 307 by romeo for 'Avaunt!']",
                  "1 < [gone tybalt none none is tybalt@localhost/3 307 by romeo romeo@localhost/1 for 'Avaunt!']",
                  "2 < [gone tybalt none none 307 by romeo for 'Avaunt!']"});
    CHECK_FALSE(stage.room.has_nick("tybalt"));
    CHECK(in_words(stage.joins(tybalt, "tybalt")).back() == "3 < : subject ''");
}

TEST_CASE("where JIDs are no secret, the actor's is none either [XEP-0045 §8.2]") {
    Verona stage{{.semi_anonymous = false}};
    CHECK(stage.makes(romeo, "tybalt", R::none)[0] ==
          "3 < [gone tybalt none none is tybalt@localhost/3 110 307 by romeo romeo@localhost/1]");
}

TEST_CASE("a kick takes all sessions under the nick, and no other nick of the user [XEP-0045 §8.2]") {
    Verona stage;
    stage.joins(session("tybalt", 33), "tybalt");
    stage.joins(session("tybalt", 34), "the prince of cats");
    CHECK(stage.makes(romeo, "tybalt", R::none)[0] ==
          "3,33 < [gone tybalt none none is tybalt@localhost/33 110 307 by romeo]");
    CHECK(stage.room.has_nick("the prince of cats"));
}

TEST_CASE("the last one kicked leaves an empty room that lingers") {
    Verona stage;
    stage.leaves(juliet);
    stage.leaves(tybalt);
    stage.makes(romeo, "romeo", R::none);
    CHECK(stage.room.occupant_count() == 0);
    CHECK(stage.sleeps() == Strings{"unsubscribe", "close"});
}

TEST_CASE("one kicked while a line is on its way does not see it; the others do [S3]") {
    Verona stage;
    stage.says(tybalt, "a");
    stage.makes(romeo, "tybalt", R::none);
    CHECK(stage.hears(stage.sealed(stage.published[0], "tybalt", "a")) == Strings{"1,2 < tybalt: a", "home"});
}

TEST_CASE("voice is granted and taken, and everybody is told with the presence as it is [XEP-0045 §8.3, §8.4]") {
    Verona stage{{.moderated = true}};
    stage.room.on_presence(juliet, "juliet", bytes("<show>away</show>"), "", stage.now);
    CHECK(
        stage.makes(romeo, "juliet", R::participant, "A worthy lady") ==
        Strings{
            "1 < [juliet participant none is juliet@localhost/2 <show>away</show> by romeo romeo@localhost/1 for "
            "'A worthy lady']",
            "3 < [juliet participant none <show>away</show> by romeo for 'A worthy lady']",
            "2 < [juliet participant none is juliet@localhost/2 110 <show>away</show> by romeo for 'A worthy lady']"});
    CHECK(stage.says(juliet, "a") == Strings{"publish juliet: a"});
    CHECK(stage.makes(romeo, "juliet", R::visitor)[1] == "3 < [juliet visitor none <show>away</show> by romeo]");
    CHECK(stage.says(juliet, "b") == Strings{"2 < refused message forbidden auth"});
}

TEST_CASE(
    "who is made a moderator is shown the others with their JIDs, and without when it ends [XEP-0045 §9.6, §9.7]") {
    Verona stage;
    const Strings gained = stage.makes(romeo, "juliet", R::moderator);
    CHECK(gained == Strings{"1 < [juliet moderator none is juliet@localhost/2 by romeo romeo@localhost/1]",
                            "3 < [juliet moderator none by romeo]",
                            "2 < [juliet moderator none is juliet@localhost/2 110 by romeo romeo@localhost/1]",
                            "2 < [romeo moderator owner is romeo@localhost/1]",
                            "2 < [tybalt participant none is tybalt@localhost/3]"});
    const Strings lost = stage.makes(romeo, "juliet", R::participant);
    CHECK(lost[2] == "2 < [juliet participant none is juliet@localhost/2 110 by romeo]");
    CHECK(Strings(lost.begin() + 3, lost.end()) ==
          Strings{"2 < [romeo moderator owner]", "2 < [tybalt participant none]"});
}

TEST_CASE("several new moderators are shown each other, and the others once [XEP-0045 §9.8]") {
    Verona stage;
    const Strings words =
        stage.asks(romeo, {{.nick = "juliet", .role = R::moderator}, {.nick = "tybalt", .role = R::moderator}});
    CHECK(Strings(words.end() - 3, words.end()) == Strings{"2,3 < [romeo moderator owner is romeo@localhost/1]",
                                                           "3 < [juliet moderator none is juliet@localhost/2]",
                                                           "2 < [tybalt moderator none is tybalt@localhost/3]"});
}

TEST_CASE("a moderator by grant may kick, but takes no voice of equals and makes no moderators [XEP-0045 §8, §9]") {
    Verona stage;
    stage.makes(romeo, "juliet", R::moderator);
    CHECK(stage.makes(juliet, "romeo", R::none) == Strings{"not-allowed"});
    CHECK(stage.makes(juliet, "romeo", R::participant) == Strings{"forbidden"});
    CHECK(stage.makes(juliet, "tybalt", R::visitor) == Strings{"not-allowed"});
    CHECK(stage.makes(juliet, "tybalt", R::moderator) == Strings{"forbidden"});
    CHECK(stage.makes(juliet, bare("tybalt"), A::outcast) == Strings{"forbidden"});
    CHECK(stage.makes(juliet, "tybalt", R::none)[0] ==
          "3 < [gone tybalt none none is tybalt@localhost/3 110 307 by juliet]");
}

TEST_CASE("who has no right is forbidden, whatever is asked [XEP-0045 §8, §9]") {
    Verona stage;
    CHECK(stage.makes(juliet, "tybalt", R::none) == Strings{"forbidden"});
    CHECK(stage.makes(juliet, "nobody", R::none) == Strings{"forbidden"});
    CHECK(stage.makes(paris, bare("tybalt"), A::outcast) == Strings{"forbidden"});
}

TEST_CASE("an admin who is not inside changes affiliations, but kicks nobody [XEP-0045 §8, §9]") {
    Verona stage;
    stage.makes(romeo, bare("paris"), A::admin);
    CHECK(stage.makes(paris, "tybalt", R::none) == Strings{"forbidden"});
    CHECK(stage.makes(paris, bare("juliet"), A::member) ==
          Strings{"1 < [juliet participant member is juliet@localhost/2 by paris@localhost/4]",
                  "3 < [juliet participant member]", "2 < [juliet participant member is juliet@localhost/2 110]"});
}

TEST_CASE("the right of a moderator is the user's, with whatever session it is asked for [XEP-0045 §8]") {
    Verona stage;
    CHECK(stage.makes(session("romeo", 11), "tybalt", R::none)[2] == "2 < [gone tybalt none none 307 by romeo]");
}

TEST_CASE("an unknown nick is an item not found") {
    Verona stage;
    CHECK(stage.makes(romeo, "nobody", R::none) == Strings{"item-not-found"});
    CHECK(stage.asks(romeo, {.nick = "nobody", .affiliation = A::member}) == Strings{"item-not-found"});
    CHECK(stage.asks(romeo, {.jid = bare("nobody"), .role = R::none}) == Strings{"item-not-found"});
}

TEST_CASE("a role by JID is that of the session, or of the user who is inside once") {
    Verona stage;
    CHECK(stage.asks(romeo, {.jid = juliet.jid, .role = R::none}).size() == 3);
    stage.joins(session("tybalt", 33), "the prince of cats");
    CHECK(stage.asks(romeo, {.jid = bare("tybalt"), .role = R::none}) == Strings{"item-not-found"});
    CHECK(stage.asks(romeo, {.jid = tybalt.jid, .role = R::none})[0] ==
          "3 < [gone tybalt none none is tybalt@localhost/3 110 307 by romeo]");
}

TEST_CASE("an item says one thing of one user [XEP-0045 §9.2, §9.8]") {
    Verona stage;
    CHECK(stage.asks(romeo, std::vector<RightsItem>{}) == Strings{"bad-request"});
    CHECK(stage.asks(romeo, {.nick = "tybalt"}) == Strings{"bad-request"});
    CHECK(stage.asks(romeo, {.nick = "tybalt", .affiliation = A::member, .role = R::visitor}) ==
          Strings{"bad-request"});
    CHECK(stage.asks(romeo, {.role = R::visitor}) == Strings{"bad-request"});
    CHECK(stage.asks(romeo, {.affiliation = A::member}) == Strings{"bad-request"});
}

TEST_CASE("all of the items or none [XEP-0045 §9.2]") {
    Verona stage;
    CHECK(stage.asks(romeo, {{.nick = "tybalt", .role = R::none}, {.nick = "nobody", .role = R::none}}) ==
          Strings{"item-not-found"});
    CHECK(stage.room.has_nick("tybalt"));
    stage.makes(romeo, bare("juliet"), A::admin);
    CHECK(stage.asks(juliet, {{.jid = bare("tybalt"), .affiliation = A::outcast},
                              {.jid = bare("romeo"), .affiliation = A::outcast}}) == Strings{"not-allowed"});
    CHECK(stage.room.affiliation_of(tybalt.jid) == A::none);
}

TEST_CASE("one request changes a user once") {
    Verona stage;
    CHECK(stage.asks(romeo, {{.nick = "tybalt", .role = R::visitor}, {.nick = "Tybalt", .role = R::none}}) ==
          Strings{"bad-request"});
    CHECK(stage.asks(romeo, {{.jid = bare("tybalt"), .affiliation = A::member},
                             {.jid = tybalt.jid, .affiliation = A::none}}) == Strings{"bad-request"});
    CHECK(stage.asks(romeo, {{.jid = bare("tybalt"), .affiliation = A::admin},
                             {.nick = "tybalt", .role = R::visitor}}) == Strings{"bad-request"});
}

TEST_CASE("too long a list of items is refused whole") {
    Verona stage;
    std::vector<RightsItem> items;
    for (int each = 0; each < 10000; ++each)
        items.push_back({.jid = bare("user" + std::to_string(each)), .affiliation = A::outcast});
    CHECK(stage.asks(romeo, items) == Strings{"policy-violation"});
    items.resize(1000);
    CHECK(stage.asks(romeo, items).size() == 1000);
}

TEST_CASE("a ban removes the user under every nick, and keeps the door shut [XEP-0045 §9.1]") {
    Verona stage;
    stage.joins(session("tybalt", 33), "cat");
    CHECK(stage.makes(romeo, bare("tybalt"), A::outcast, "Treason") ==
          Strings{"3 < [gone tybalt none outcast is tybalt@localhost/3 110 301 by romeo for 'Treason']",
                  "33 < [gone cat none outcast is tybalt@localhost/33 110 301 by romeo for 'Treason']",
                  "1 < [gone tybalt none outcast is tybalt@localhost/3 301 by romeo romeo@localhost/1 for 'Treason']",
                  "2 < [gone tybalt none outcast 301 by romeo for 'Treason']",
                  "1 < [gone cat none outcast is tybalt@localhost/33 301 by romeo romeo@localhost/1 for 'Treason']",
                  "2 < [gone cat none outcast 301 by romeo for 'Treason']"});
    CHECK(in_words(stage.joins(tybalt, "tybalt")) == Strings{"3 < refused tybalt forbidden auth"});
    CHECK(stage.lists(romeo, {.affiliation = A::outcast}) == Strings{"tybalt@localhost outcast for 'Treason'"});
}

TEST_CASE("a ban of one who waits for the room to open meets him at the door [XEP-0045 §9.1]") {
    Stage stage;
    stage.room.remember_affiliation(bare("romeo"), A::owner);
    stage.joins(tybalt, "tybalt");
    stage.room.on_rights(romeo, {{.jid = bare("tybalt"), .affiliation = A::outcast}}, stage.now);
    CHECK(in_words(stage.room.on_granted({true}, stage.now))[0] == "3 < refused tybalt forbidden auth");
}

TEST_CASE("a full JID stands for the bare one [XEP-0045 §10.3]") {
    Verona stage;
    stage.makes(romeo, tybalt.jid, A::outcast);
    CHECK(stage.lists(romeo, {.affiliation = A::outcast}) == Strings{"tybalt@localhost outcast"});
}

TEST_CASE("a ban of a domain removes all of it without an affiliation of their own [XEP-0045 §9.2]") {
    Verona stage;
    stage.makes(romeo, bare("juliet"), A::member);
    stage.joins({{0, 0, 5}, {"hamlet", "denmark.dk", "5"}}, "hamlet");
    const Strings words = stage.makes(romeo, Jid{"", "localhost", ""}, A::outcast);
    CHECK(words[0] == "3 < [gone tybalt none outcast is tybalt@localhost/3 110 301 by romeo]");
    CHECK(stage.room.nicks() == Strings{"romeo", "juliet", "hamlet"});
    CHECK(in_words(stage.joins(paris, "paris")) == Strings{"4 < refused paris forbidden auth"});
    CHECK(stage.makes(romeo, Jid{"", "localhost", ""}, A::none) == Strings{"1 < localhost becomes none"});
    CHECK(in_words(stage.joins(paris, "paris")).back() == "4 < : subject ''");
}

TEST_CASE("who loses the affiliation that shielded from a domain's ban is out") {
    Verona stage;
    stage.makes(romeo, bare("juliet"), A::member);
    stage.makes(romeo, Jid{"", "localhost", ""}, A::outcast);
    CHECK(stage.makes(romeo, bare("juliet"), A::none)[0] ==
          "2 < [gone juliet none outcast is juliet@localhost/2 110 301 by romeo]");
}

TEST_CASE("nobody bans himself [XEP-0045 §9.1]") {
    Verona stage;
    CHECK(stage.makes(romeo, bare("romeo"), A::outcast) == Strings{"conflict"});
}

TEST_CASE("the last owner stays one [XEP-0045 §10.4]") {
    Verona stage;
    CHECK(stage.makes(romeo, bare("romeo"), A::admin) == Strings{"conflict"});
    CHECK(stage
              .asks(romeo,
                    {{.jid = bare("romeo"), .affiliation = A::none}, {.jid = bare("juliet"), .affiliation = A::owner}})
              .size() == 8);
    CHECK(stage.room.affiliation_of(romeo.jid) == A::none);
    CHECK(stage.makes(romeo, bare("juliet"), A::none) == Strings{"forbidden"});
    stage.makes(juliet, bare("romeo"), A::owner);
    CHECK(stage.asks(juliet, {{.jid = bare("romeo"), .affiliation = A::none},
                              {.jid = bare("juliet"), .affiliation = A::none}}) == Strings{"conflict"});
    CHECK(stage.makes(juliet, bare("juliet"), A::admin).size() == 3);
}

TEST_CASE("the role follows the affiliation, in one presence [XEP-0045 §9.3, §10.6, §10.7]") {
    Verona stage{{.moderated = true}};
    CHECK(stage.makes(romeo, bare("juliet"), A::member)[1] == "3 < [juliet participant member by romeo]");
    const Strings up = stage.makes(romeo, bare("juliet"), A::admin);
    CHECK(up[2] == "2 < [juliet moderator admin is juliet@localhost/2 110 by romeo romeo@localhost/1]");
    CHECK(up[3] == "2 < [romeo moderator owner is romeo@localhost/1]");
    const Strings down = stage.makes(romeo, bare("juliet"), A::none);
    CHECK(down[2] == "2 < [juliet visitor none is juliet@localhost/2 110 by romeo]");
    CHECK(down[3] == "2 < [romeo moderator owner]");
}

TEST_CASE("who is no member any longer is out of a members-only room, in one presence [XEP-0045 §9.4]") {
    Stage quiet{both_ways(), {.members_only = true}};
    for (const char* user : {"romeo", "juliet"})
        quiet.room.remember_affiliation(bare(user), A::member);
    quiet.open();
    CHECK(outcome(quiet.room.on_rights(romeo, {{.jid = bare("juliet"), .affiliation = A::none}}, quiet.now)) ==
          Strings{"2 < [gone juliet none none is juliet@localhost/2 110 321 by romeo]",
                  "1 < [gone juliet none none is juliet@localhost/2 321 by romeo romeo@localhost/1]"});
    CHECK(in_words(quiet.joins(juliet, "juliet")) == Strings{"2 < refused juliet registration-required auth"});
}

TEST_CASE("an affiliation by the nick of one inside [XEP-0045 §9]") {
    Verona stage;
    CHECK(stage.asks(romeo, {.nick = "juliet", .affiliation = A::member}).size() == 3);
    CHECK(stage.lists(romeo, {.affiliation = A::member}) == Strings{"juliet@localhost juliet member participant"});
    stage.leaves(juliet);
    CHECK(stage.lists(romeo, {.affiliation = A::member}) == Strings{"juliet@localhost member"});
}

TEST_CASE("of one who is not inside, those are told who may see JIDs [XEP-0045 §9.3, example 195]") {
    Verona stage;
    CHECK(stage.makes(romeo, bare("paris"), A::member, "A worthy count") ==
          Strings{"1 < paris@localhost becomes member for 'A worthy count'"});
    CHECK(stage.makes(romeo, bare("paris"), A::outcast) == Strings{"1 < paris@localhost becomes outcast 301"});
    Verona open{{.semi_anonymous = false}};
    CHECK(open.makes(romeo, bare("paris"), A::member) == Strings{"1,2,3 < paris@localhost becomes member"});
}

TEST_CASE("a new member of a members-only room is invited [XEP-0045 §9.5]") {
    Stage stage{both_ways(), {.members_only = true, .password = "cauldron"}};
    stage.room.remember_affiliation(bare("romeo"), A::owner);
    stage.joins(romeo, "romeo", {.password = "cauldron"});
    stage.room.on_granted({true}, stage.now);
    const auto makes = [&](Affiliation affiliation) {
        return outcome(stage.room.on_rights(romeo, {{.jid = bare("paris"), .affiliation = affiliation}}, stage.now));
    };
    CHECK(makes(A::member) == Strings{"1 < paris@localhost becomes member",
                                      "paris@localhost < invited by foo.bar@rooms.localhost/romeo password cauldron"});
    CHECK(in_words(stage.room.on_decline(paris, {"foo.bar", "rooms.localhost", "romeo"}, "", "", stage.now)) ==
          Strings{"1 < declined by paris@localhost"});
    CHECK(makes(A::admin).size() == 1);
    CHECK(makes(A::member).size() == 1);
    makes(A::none);
    stage.leaves(romeo);
    CHECK(makes(A::member) == Strings{"paris@localhost < invited by foo.bar@rooms.localhost password cauldron"});
}

TEST_CASE("a nick with an affiliation is reserved for the user, and who uses it goes [XEP-0045 §9.3]") {
    Verona stage;
    CHECK(stage.asks(romeo, {.jid = bare("paris"), .nick = "Tybalt", .affiliation = A::member}) ==
          Strings{"3 < [gone tybalt none none is tybalt@localhost/3 110 307 for 'This nickname is reserved']",
                  "1 < [gone tybalt none none is tybalt@localhost/3 307 for 'This nickname is reserved']",
                  "2 < [gone tybalt none none 307 for 'This nickname is reserved']",
                  "1 < paris@localhost becomes member"});
    CHECK(stage.lists(romeo, {.affiliation = A::member}) == Strings{"paris@localhost Tybalt member"});
    CHECK(in_words(stage.joins(tybalt, "tybalt")) == Strings{"3 < refused tybalt conflict cancel"});
    CHECK(in_words(stage.joins(paris, "Tybalt")).back() == "4 < : subject ''");
}

TEST_CASE("a nick that is another's, or cannot be one, is not reserved [XEP-0045 §7.10]") {
    Verona stage;
    const auto reserves = [&](const Visitor& visitor, const std::string& user, const std::string& nick) {
        return stage.asks(visitor, {.jid = bare(user), .nick = nick, .affiliation = A::member});
    };
    CHECK(reserves(romeo, "paris", "count").size() == 1);
    CHECK(reserves(romeo, "mercutio", "Count") == Strings{"conflict"});
    CHECK(reserves(romeo, "mercutio", "x [main]") == Strings{"conflict"});
    CHECK(reserves(romeo, "mercutio", std::string(65, 'x')) == Strings{"not-acceptable"});
    CHECK(reserves(romeo, "mercutio", "romeo") == Strings{"conflict"});
    stage.makes(romeo, bare("juliet"), A::admin);
    CHECK(reserves(juliet, "mercutio", "romeo") == Strings{"conflict"});
    CHECK(stage.asks(romeo, {{.jid = bare("a"), .nick = "x", .affiliation = A::member},
                             {.jid = bare("b"), .nick = "X", .affiliation = A::member}}) == Strings{"conflict"});
    CHECK(stage.room.affiliation_of(bare("mercutio")) == A::none);
}

TEST_CASE("a nick that is held by lines on their way is not reserved for another") {
    Verona stage;
    stage.says(tybalt, "a");
    stage.leaves(tybalt);
    CHECK(stage.asks(romeo, {.jid = bare("paris"), .nick = "tybalt", .affiliation = A::member}) == Strings{"conflict"});
}

TEST_CASE("a reserved nick stays with its user until it is given up or the membership ends [XEP-0045 §9.1, §9.5]") {
    Verona stage;
    const auto nick = [&] { return std::get<std::string>(stage.room.registration(paris)); };
    stage.asks(romeo, {.jid = bare("paris"), .nick = "count", .affiliation = A::member});
    stage.makes(romeo, bare("paris"), A::admin);
    CHECK(nick() == "count");
    CHECK(stage.asks(romeo, {.jid = bare("paris"), .affiliation = A::member, .frees_nick = true}) ==
          Strings{"1 < paris@localhost becomes member"});
    CHECK(nick().empty());
    stage.asks(romeo, {.jid = bare("paris"), .nick = "count", .affiliation = A::member});
    stage.makes(romeo, bare("paris"), A::outcast);
    CHECK(in_words(stage.joins(juliet, "count")).size() > 1);
}

TEST_CASE("a change of nothing but the reason is shown all the same") {
    Verona stage;
    stage.makes(romeo, bare("juliet"), A::member);
    CHECK(stage.makes(romeo, bare("juliet"), A::member, "still")[1] ==
          "3 < [juliet participant member by romeo for 'still']");
}

TEST_CASE("a reason is cut between characters") {
    Verona stage;
    std::string reason;
    for (int each = 0; each < 400; ++each)
        reason += "♚";
    stage.makes(romeo, bare("paris"), A::outcast, reason);
    CHECK(stage.lists(romeo, {.affiliation = A::outcast}) ==
          Strings{"paris@localhost outcast for '" + reason.substr(0, 1023) + "'"});
}

TEST_CASE("a room keeps so many affiliations and no more") {
    Verona stage{{}, {.affiliations = 3}};
    CHECK(stage.makes(romeo, bare("a"), A::outcast).size() == 1);
    CHECK(stage.asks(romeo, {{.jid = bare("b"), .affiliation = A::outcast},
                             {.jid = bare("c"), .affiliation = A::outcast}}) == Strings{"resource-constraint"});
    CHECK(stage.makes(romeo, bare("b"), A::outcast).size() == 1);
    CHECK(stage.makes(romeo, bare("c"), A::outcast) == Strings{"resource-constraint"});
    CHECK(stage.makes(romeo, bare("b"), A::member).size() == 1);
    CHECK(stage.makes(romeo, bare("c"), A::none).size() == 1);
}

TEST_CASE("an administrator of the service is an owner, and nobody's to change") {
    RoomWiring wiring = both_ways();
    wiring.access.is_administrator = [](const Jid& jid) { return jid.local == "paris"; };
    Stage stage{wiring};
    stage.open();
    CHECK(outcome(stage.room.on_rights(romeo, {{.jid = bare("paris"), .affiliation = A::outcast}}, stage.now)) ==
          Strings{"not-allowed"});
    CHECK(outcome(stage.room.on_rights(paris, {{.jid = bare("juliet"), .affiliation = A::admin}}, stage.now)).size() ==
          3);
    CHECK(outcome(stage.room.on_rights(paris, {{.jid = bare("romeo"), .affiliation = A::none}}, stage.now)) ==
          Strings{"conflict"});
}

TEST_CASE("lists by role tell the real JIDs to those who see them anyway [XEP-0045 §8.5, §9.8]") {
    Verona stage;
    CHECK(stage.lists(romeo, {.role = R::participant}) ==
          Strings{"juliet@localhost/2 juliet none participant", "tybalt@localhost/3 tybalt none participant"});
    CHECK(stage.lists(romeo, {.role = R::moderator}) == Strings{"romeo@localhost/1 romeo owner moderator"});
    CHECK(stage.lists(romeo, {.role = R::visitor}).empty());
    CHECK(stage.lists(juliet, {.role = R::participant}) == Strings{"forbidden"});
}

TEST_CASE("a role that is not broadcast is seen to go and come as it changes [XEP-0045 §5.1.3]") {
    Verona stage{{.broadcast = {.visitor = false}}};
    CHECK(stage.makes(romeo, "juliet", R::visitor) ==
          Strings{"1 < [gone juliet none none is juliet@localhost/2 by romeo romeo@localhost/1]",
                  "3 < [gone juliet none none by romeo]",
                  "2 < [juliet visitor none is juliet@localhost/2 110 by romeo]"});
    CHECK(stage.makes(romeo, "juliet", R::participant)[1] == "3 < [juliet participant none by romeo]");
    stage.makes(romeo, "juliet", R::visitor);
    CHECK(stage.makes(romeo, "juliet", R::none) ==
          Strings{"2 < [gone juliet none none is juliet@localhost/2 110 307 by romeo]"});
}
