#include "muc/stage.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

const Visitor nurse = session("nurse", 4);

InviteRequest to(const std::string& user) { return {{user, "localhost", ""}, "", "", false}; }

struct Inviting : Stage {
    explicit Inviting(RoomOptions options = {}, RoomLimits limits = {}) : Stage{both_ways(), {}, limits} {
        room.remember_affiliation(juliet.jid, Affiliation::member);
        open();
        CHECK_FALSE(room.on_options(romeo, std::move(options), now).refusal);
    }
    Strings invites(const Visitor& visitor, const std::vector<InviteRequest>& invitations) {
        return words(room.on_invite(visitor, invitations, "i1", now));
    }
    /// Whom a decline reaches.
    std::string declines(const Visitor& visitor, const Jid& to) {
        std::string routes;
        for (const Effect& effect : room.on_decline(visitor, to, "too busy", "d1", now))
            routes += std::to_string(std::get<ShowDecline>(effect).to.session) + ' ';
        return routes;
    }
};

Jid occupant(const std::string& nick) { return {"foo.bar", "rooms.localhost", nick}; }

}  // namespace

TEST_CASE("an invitation goes out under the inviter's occupant JID, with all that it said [XEP-0045 §7.8.2, §7.9]") {
    Inviting stage{{.password = "swordfish"}};
    const InviteRequest request{{"nurse", "localhost", "phone"}, "come", "t1", true};
    const Effects effects = stage.room.on_invite(juliet, {request}, "i1", stage.now);
    REQUIRE(effects.size() == 1);
    const Invite& invite = std::get<Invite>(effects[0]);
    CHECK(to_string(invite.to) == "nurse@localhost/phone");
    CHECK(to_string(invite.from) == "foo.bar@rooms.localhost/juliet");
    CHECK(invite.id == "i1");
    CHECK(invite.reason == "come");
    CHECK(invite.thread == "t1");
    CHECK(invite.continues);
    CHECK(invite.password == "swordfish");
    CHECK(stage.room.affiliation_of(nurse.jid) == Affiliation::none);
}

TEST_CASE("several are invited by one message, but not too many") {
    Inviting stage;
    CHECK(stage.room.on_invite(juliet, {to("nurse"), to("paris")}, "i1", stage.now).size() == 2);
    CHECK(stage.room.on_invite(juliet, std::vector(20, to("nurse")), "i1", stage.now).size() == 20);
    CHECK(stage.invites(juliet, std::vector(21, to("nurse"))) ==
          Strings{"2 < refused message policy-violation modify"});
}

TEST_CASE("only occupants invite, a visitor too [XEP-0045 §5.1.1, §7.8.2]") {
    Inviting stage{{.moderated = true}};
    CHECK(stage.invites(tybalt, {to("nurse")}) == Strings{"3 < refused message not-acceptable modify"});
    stage.joins(tybalt, "tybalt");
    CHECK(first<Invite>(stage.room.on_invite(tybalt, {to("nurse")}, "i1", stage.now)));
}

TEST_CASE("into a members-only room admins invite, who make members thereby [XEP-0045 §7.8.2, §9.3]") {
    Inviting stage{{.members_only = true}};
    CHECK(stage.invites(juliet, {to("nurse")}) == Strings{"2 < refused message forbidden auth"});
    CHECK(stage.room.affiliation_of(nurse.jid) == Affiliation::none);
    const Effects effects = stage.room.on_invite(romeo, {to("nurse"), to("nurse")}, "i1", stage.now);
    REQUIRE(effects.size() == 3);
    const ShowAffiliation& shown = std::get<ShowAffiliation>(effects[0]);
    CHECK(to_text(shown.to) == "1");
    CHECK(to_string(shown.jid) == "nurse@localhost");
    CHECK(shown.affiliation == Affiliation::member);
    CHECK(std::holds_alternative<Invite>(effects[1]));
    CHECK(std::holds_alternative<Invite>(effects[2]));
    CHECK(in_words(stage.joins(nurse, "nurse")).back() == "4 < : subject ''");
}

TEST_CASE("where members may invite, they do [XEP-0045 §7.8.2]") {
    Inviting stage{{.members_only = true, .members_invite = true}};
    CHECK(first<Invite>(stage.room.on_invite(juliet, {to("nurse")}, "i1", stage.now)));
    CHECK(stage.room.affiliation_of(nurse.jid) == Affiliation::member);
}

TEST_CASE("who is a member or more stays what he is [XEP-0045 §7.8.2]") {
    Inviting stage{{.members_only = true}};
    stage.room.remember_affiliation(nurse.jid, Affiliation::admin);
    CHECK(stage.room.on_invite(romeo, {to("nurse")}, "i1", stage.now).size() == 1);
    CHECK(stage.room.affiliation_of(nurse.jid) == Affiliation::admin);
}

TEST_CASE("nobody invites whom the room has banned, nor anybody beside him [XEP-0045 §5.2]") {
    Inviting stage{{.members_only = true}};
    stage.room.remember_affiliation(nurse.jid, Affiliation::outcast);
    CHECK(stage.invites(romeo, {to("paris"), to("nurse")}) == Strings{"1 < refused message forbidden auth"});
    CHECK(stage.room.affiliation_of(session("paris", 5).jid) == Affiliation::none);
}

TEST_CASE("a room is not invited [XEP-0045 §7.8.2]") {
    Inviting stage;
    CHECK(stage.invites(romeo, {{{"foo.bar", "rooms.localhost", "juliet"}, "", "", false}}) ==
          Strings{"1 < refused message item-not-found cancel"});
}

TEST_CASE("invitations do not make a room keep more members than it may") {
    Inviting stage{{.members_only = true}, {.affiliations = 3}};
    CHECK(stage.invites(romeo, {to("nurse"), to("paris")}) == Strings{"1 < refused message resource-constraint wait"});
    CHECK(first<Invite>(stage.room.on_invite(romeo, {to("nurse")}, "i1", stage.now)));
}

TEST_CASE("a decline reaches all sessions of the inviter, by any of his addresses [XEP-0045 §7.8.2]") {
    Inviting stage;
    stage.joins(session("romeo", 10), "romeo");
    const Jid addresses[] = {occupant("romeo"), romeo.jid.bare(), romeo.jid};
    for (const Jid& address : addresses) {
        stage.invites(romeo, {to("nurse")});
        CHECK(stage.declines(nurse, address) == "1 10 ");
    }
    stage.invites(romeo, {to("nurse")});
    const Effects effects = stage.room.on_decline(nurse, occupant("romeo"), "too busy", "d1", stage.now);
    const auto* shown = first<ShowDecline>(effects);
    REQUIRE(shown);
    CHECK(to_string(shown->from) == "nurse@localhost");
    CHECK(shown->id == "d1");
    CHECK(shown->reason == "too busy");
}

TEST_CASE("a decline finds an inviter who is called otherwise by now [XEP-0045 §7.8.2]") {
    Inviting stage;
    stage.invites(romeo, {to("nurse")});
    stage.room.on_presence(romeo, "montague", nullptr, "", stage.now);
    stage.joins(tybalt, "romeo");
    CHECK(stage.declines(nurse, occupant("romeo")) == "1 ");
}

TEST_CASE("what declines no invitation reaches nobody, and tells nothing [XEP-0045 §14.5]") {
    Inviting stage;
    CHECK(stage.declines(nurse, occupant("romeo")).empty());
    CHECK(stage.declines(nurse, romeo.jid).empty());
    stage.invites(romeo, {to("nurse")});
    CHECK(stage.declines(tybalt, occupant("romeo")).empty());
    CHECK(stage.declines(nurse, occupant("juliet")).empty());
    CHECK(stage.declines(nurse, occupant("romeo")) == "1 ");
    CHECK(stage.declines(nurse, occupant("romeo")).empty());
    stage.invites(romeo, {to("nurse")});
    stage.leaves(romeo);
    CHECK(stage.declines(nurse, occupant("romeo")).empty());
}

TEST_CASE("invitations are remembered up to a bound, the latest of all") {
    Inviting stage;
    stage.invites(romeo, {to("nurse")});
    for (int each = 0; each < 50; ++each)
        stage.invites(juliet, std::vector(20, to("paris")));
    CHECK(stage.declines(nurse, occupant("romeo")).empty());
    CHECK(stage.declines(session("paris", 5), occupant("juliet")) == "2 ");
}
