#include "gateway/muc_requests.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

namespace {

Element x() { return {"x", std::string(ns::muc_user), {}, {}}; }

Condition refused(const Element& x) {
    const auto parsed = parse_mediated(x);
    REQUIRE(std::holds_alternative<StanzaError>(parsed));
    return std::get<StanzaError>(parsed).condition;
}

}  // namespace

TEST_CASE("one message may invite several, each with its reason and thread [XEP-0045 7.8.2, 7.9]") {
    Element words = x();
    Element& first = words.add("invite", ns::muc_user).set("to", "Hecate@Shakespeare.lit");
    first.add("reason", ns::muc_user).add_text("Hey");
    first.add("continue", ns::muc_user).set("thread", "t1");
    words.add("invite", ns::muc_user).set("to", "crone1@shakespeare.lit/desktop");
    const auto invitations = std::get<std::vector<InviteRequest>>(parse_mediated(words));
    REQUIRE(invitations.size() == 2);
    CHECK(invitations[0].to == Jid{"hecate", "shakespeare.lit", {}});
    CHECK(invitations[0].reason == "Hey");
    CHECK(invitations[0].continues);
    CHECK(invitations[0].thread == "t1");
    CHECK(invitations[1].to.resource == "desktop");
    CHECK_FALSE(invitations[1].continues);
}

TEST_CASE("a decline names who invited, by real JID or occupant JID [XEP-0045 7.8.2]") {
    Element words = x();
    words.add("decline", ns::muc_user).set("to", "coven@chat/Crone").add("reason", ns::muc_user).add_text("busy");
    const auto decline = std::get<Decline>(parse_mediated(words));
    CHECK(decline.to == Jid{"coven", "chat", "Crone"});
    CHECK(decline.reason == "busy");
}

TEST_CASE("no addressee is a bad-request, an address that is none jid-malformed") {
    for (const auto* word : {"invite", "decline"}) {
        CAPTURE(word);
        Element nobody = x();
        nobody.add(word, ns::muc_user);
        CHECK(refused(nobody) == Condition::bad_request);
        for (const auto* wrong : {"", "@", "a@", "a@b/"}) {
            CAPTURE(wrong);
            Element malformed = x();
            malformed.add("invite", ns::muc_user).set("to", "a@b");
            malformed.add(word, ns::muc_user).set("to", wrong);
            CHECK(refused(malformed) == Condition::jid_malformed);
        }
    }
}

TEST_CASE("neither invitation nor decline, both, or two declines, is a bad-request") {
    CHECK(refused(x()) == Condition::bad_request);
    Element status = x();
    status.add("status", ns::muc_user).set("code", "307");
    CHECK(refused(status) == Condition::bad_request);
    Element both = x();
    both.add("invite", ns::muc_user).set("to", "a@b");
    both.add("decline", ns::muc_user).set("to", "a@b");
    CHECK(refused(both) == Condition::bad_request);
    Element two = x();
    two.add("decline", ns::muc_user).set("to", "a@b");
    two.add("decline", ns::muc_user).set("to", "c@d");
    CHECK(refused(two) == Condition::bad_request);
}

TEST_CASE("what the room alone may say is dropped, however the room is spelled [XEP-0359 3]") {
    const Jid room{"garden", "rooms.localhost", {}};
    Element message{"message", std::string(ns::client), {}, {}};
    message.add("stanza-id", ns::stanza_id).set("by", "Garden@Rooms.LOCALHOST").set("id", "forged");
    message.add("delay", ns::delay).set("from", "GARDEN@rooms.localhost").set("stamp", "2001-01-01T00:00:00Z");
    CHECK(parse_line(message, room).extra == nullptr);
    message.add("stanza-id", ns::stanza_id).set("by", "elsewhere").set("id", "theirs");
    REQUIRE(parse_line(message, room).extra);
    CHECK(parse_line(message, room).extra->find("theirs") != std::string::npos);
}
