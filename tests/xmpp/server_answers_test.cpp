#include "xmpp/server_answers.hpp"

#include <doctest/doctest.h>

#include "talk.hpp"
#include "version.hpp"

using namespace mucbridge;

namespace {

std::string get(Talk& talk, std::string_view child, std::string_view to = {}, std::string_view type = "get") {
    std::string iq = "<iq type='" + std::string(type) + "' id='1'";
    if (!to.empty())
        iq += " to='" + std::string(to) + "'";
    return talk.say(iq + ">" + std::string(child) + "</iq>");
}

std::string set(Talk& talk, std::string_view child, std::string_view to = {}) { return get(talk, child, to, "set"); }

std::string make_result(std::string_view child, std::string_view from = {}) {
    std::string iq = "<iq type='result' id='1'";
    if (!from.empty())
        iq += " from='" + std::string(from) + "'";
    iq += " to='romeo@localhost/balcony'";
    return child.empty() ? iq + "/>" : iq + ">" + std::string(child) + "</iq>";
}

}  // namespace

TEST_CASE("disco#info of the server: what is answered, and nothing else [XEP-0030 §3]") {
    Talk talk;
    CHECK(get(talk.log_in(), "<query xmlns='http://jabber.org/protocol/disco#info'/>", "localhost") ==
          make_result(
              "<query xmlns='http://jabber.org/protocol/disco#info'>"
              "<identity category='server' type='im' name='mucbridge'/>"
              "<feature var='http://jabber.org/protocol/disco#info'/>"
              "<feature var='http://jabber.org/protocol/disco#items'/>"
              "<feature var='urn:xmpp:ping'/><feature var='urn:xmpp:time'/><feature var='jabber:iq:version'/></query>",
              "localhost"));
}

TEST_CASE("every feature that the server names is answered by it") {
    Talk talk;
    talk.log_in();
    for (const auto* child :
         {"<query xmlns='http://jabber.org/protocol/disco#info'/>",
          "<query xmlns='http://jabber.org/protocol/disco#items'/>", "<ping xmlns='urn:xmpp:ping'/>",
          "<time xmlns='urn:xmpp:time'/>", "<query xmlns='jabber:iq:version'/>"})
        CHECK(get(talk, child, "localhost").starts_with("<iq type='result' id='1' from='localhost'"));
}

TEST_CASE("disco#info of the own account says whether it is anonymous [XEP-0030]") {
    Talk talk;
    talk.log_in();
    for (const auto* to : {"", "romeo@localhost"})
        CHECK(holds(get(talk, "<query xmlns='http://jabber.org/protocol/disco#info'/>", to),
                    "<identity category='account' type='registered'/>"));
    Talk other(Login::anonymous);
    other.say(std::string(client_header) + make_auth("ANONYMOUS", "") + std::string(client_header) +
              std::string(bind_balcony));
    CHECK(holds(get(other, "<query xmlns='http://jabber.org/protocol/disco#info'/>"),
                "<identity category='account' type='anonymous'/>"));
}

TEST_CASE("disco#items of the server: the rooms [XEP-0030 §4]") {
    Talk talk;
    CHECK(
        get(talk.log_in(), "<query xmlns='http://jabber.org/protocol/disco#items'/>", "localhost") ==
        make_result(
            "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='rooms.localhost' name='Rooms'/></query>",
            "localhost"));
    CHECK(get(talk, "<query xmlns='http://jabber.org/protocol/disco#items'/>") ==
          make_result("<query xmlns='http://jabber.org/protocol/disco#items'/>"));
}

TEST_CASE("a node that nobody has is item-not-found [XEP-0030 §3.2]") {
    Talk talk;
    talk.log_in();
    for (const auto* kind : {"info", "items"})
        for (const auto* to : {"", "localhost", "romeo@localhost"})
            CHECK(holds(
                get(talk, "<query node='x' xmlns='http://jabber.org/protocol/disco#" + std::string(kind) + "'/>", to),
                "<error type='cancel'><item-not-found "));
}

TEST_CASE("the roster is empty, and cannot be changed [RFC 6121 §2.1]") {
    Talk talk;
    CHECK(get(talk.log_in(), "<query xmlns='jabber:iq:roster'/>") == make_result("<query xmlns='jabber:iq:roster'/>"));
    CHECK(get(talk, "<query xmlns='jabber:iq:roster' ver=''/>", "romeo@localhost") ==
          make_result("<query xmlns='jabber:iq:roster'/>", "romeo@localhost"));
    CHECK(holds(set(talk, "<query xmlns='jabber:iq:roster'><item jid='a@localhost'/></query>"),
                "<error type='cancel'><not-allowed "));
    CHECK(holds(get(talk, "<query xmlns='jabber:iq:roster'/>", "localhost"), "<service-unavailable "));
}

TEST_CASE("a ping is answered by an empty result [XEP-0199 §4.2]") {
    Talk talk;
    talk.log_in();
    CHECK(get(talk, "<ping xmlns='urn:xmpp:ping'/>") == make_result(""));
    CHECK(get(talk, "<ping xmlns='urn:xmpp:ping'/>", "localhost") == make_result("", "localhost"));
    CHECK(get(talk, "<ping xmlns='urn:xmpp:ping'/>", "LocalHost") == make_result("", "LocalHost"));
}

TEST_CASE("the version is the program's [XEP-0092]") {
    Talk talk;
    CHECK(get(talk.log_in(), "<query xmlns='jabber:iq:version'/>", "localhost") ==
          make_result("<query xmlns='jabber:iq:version'><name>mucbridge</name><version>" MUCBRIDGE_VERSION
                      "</version></query>",
                      "localhost"));
}

TEST_CASE("the time is the moment's, in UTC [XEP-0202]") {
    Talk talk;
    CHECK(get(talk.log_in(), "<time xmlns='urn:xmpp:time'/>", "localhost") ==
          make_result("<time xmlns='urn:xmpp:time'><tzo>+00:00</tzo><utc>" + to_rfc3339(at(1).wall) + "</utc></time>",
                      "localhost"));
}

TEST_CASE("the own vCard is empty, and is not kept [XEP-0054 §3.1, §3.2]") {
    Talk talk;
    CHECK(get(talk.log_in(), "<vCard xmlns='vcard-temp'/>") == make_result("<vCard xmlns='vcard-temp'/>"));
    CHECK(holds(set(talk, "<vCard xmlns='vcard-temp'><FN>Romeo</FN></vCard>"), "<not-allowed "));
    CHECK(holds(get(talk, "<vCard xmlns='vcard-temp'/>", "localhost"), "<service-unavailable "));
}

TEST_CASE("private storage gives back what was put aside in this session, else the empty fragment [XEP-0049 §2.3]") {
    Talk talk;
    talk.log_in();
    const std::string query = "<query xmlns='jabber:iq:private'>";
    const std::string storage =
        "<storage xmlns='storage:bookmarks'><conference jid='garden@rooms.localhost'/></storage>";
    CHECK(get(talk, query + "<storage xmlns='storage:bookmarks'/></query>") ==
          make_result(query + "<storage xmlns='storage:bookmarks'/></query>"));
    CHECK(set(talk, query + storage + "<prefs xmlns='a:b'><c/></prefs></query>") == make_result(""));
    CHECK(get(talk, query + "<storage xmlns='storage:bookmarks'/></query>") ==
          make_result(query + storage + "</query>"));
    CHECK(get(talk, query + "<prefs xmlns='a:b'/></query>") ==
          make_result(query + "<prefs xmlns='a:b'><c/></prefs></query>"));
    CHECK(get(talk, query + "<prefs xmlns='a:c'/></query>") == make_result(query + "<prefs xmlns='a:c'/></query>"));
    SUBCASE("a set replaces") {
        set(talk, query + "<storage xmlns='storage:bookmarks'/></query>");
        CHECK(get(talk, query + "<storage xmlns='storage:bookmarks'/></query>") ==
              make_result(query + "<storage xmlns='storage:bookmarks'/></query>"));
    }
    SUBCASE("without a fragment, or without a namespace, it is not-acceptable") {
        CHECK(holds(get(talk, query + "</query>"), "<error type='modify'><not-acceptable "));
        CHECK(holds(set(talk, query + "</query>"), "<not-acceptable "));
        CHECK(holds(set(talk, query + "<a/></query>"), "<not-acceptable "));
        CHECK(holds(get(talk, query + "<a xmlns='a'/><b xmlns='b'/></query>"), "<not-acceptable "));
    }
    SUBCASE("too much is resource-constraint, and changes nothing") {
        const std::string big(40'000, 'x');
        CHECK(set(talk, query + "<a xmlns='a'>" + big + "</a></query>") == make_result(""));
        CHECK(holds(set(talk, query + "<b xmlns='b'>" + big + "</b></query>"), "<resource-constraint "));
        CHECK(get(talk, query + "<b xmlns='b'/></query>") == make_result(query + "<b xmlns='b'/></query>"));
        CHECK(set(talk, query + "<a xmlns='a'>" + big + "</a></query>") == make_result(""));
    }
}

TEST_CASE("what is not there is service-unavailable, with the request's id [RFC 6120 §8.4]") {
    Talk talk;
    talk.log_in();
    for (const auto* child :
         {"<enable xmlns='urn:xmpp:carbons:2'/>", "<block xmlns='urn:xmpp:blocking'/>",
          "<enable xmlns='urn:xmpp:push:0'/>", "<pubsub xmlns='http://jabber.org/protocol/pubsub'/>",
          "<query xmlns='urn:xmpp:mam:2'/>", "<query xmlns='jabber:iq:search'/>", "<query xmlns='jabber:iq:register'/>",
          "<query xmlns='jabber:iq:auth'/>", "<x/>"})
        for (const auto* to : {"", "localhost", "romeo@localhost"})
            for (const auto* type : {"get", "set"}) {
                const auto out = get(talk, child, to, type);
                CHECK(out.starts_with("<iq type='error' id='1'"));
                CHECK(holds(out, "<error type='cancel'><service-unavailable "));
            }
    CHECK(talk.stanzas.empty());
}
