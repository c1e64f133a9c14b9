#include "xmpp/component.hpp"

#include <doctest/doctest.h>

#include "component_server.hpp"
#include "xmpp/component_url.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

TEST_CASE("a component proves its secret with the SHA-1 of the stream's id and the secret [XEP-0114 §3]") {
    ComponentHouse house;
    house.component->start();
    auto& peer = house.next_peer();
    CHECK(peer.has_heard("to='rooms.example.org'"));
    CHECK(peer.has_heard("xmlns='jabber:component:accept'"));
    peer.say(ComponentHouse::header);
    REQUIRE(house.until([&] { return peer.has_heard("</handshake>"); }));
    CHECK(peer.has_heard("<handshake>de0a408ef519cd62e7379039634152874895c50c</handshake>"));
    CHECK(house.ups == 0);
    CHECK_FALSE(house.component->send("<message from='a@rooms.example.org' to='b@c'/>"));
    peer.say("<handshake/>");
    REQUIRE(house.until([&] { return house.ups == 1; }));
    CHECK(house.component->is_up());
    CHECK(house.component->reason().empty());
    CHECK(house.downs.empty());
}

TEST_CASE("a stream's id is taken as it is meant, not as it is written [XEP-0114 §3]") {
    ComponentHouse house;
    house.component->start();
    auto& peer = house.next_peer();
    std::string header = ComponentHouse::header;
    peer.say(header.replace(header.find("'abc'"), 5, "'a&amp;b'"));
    REQUIRE(house.until([&] { return peer.has_heard("</handshake>"); }));
    CHECK(peer.has_heard("<handshake>fd10f7ed9ca20d08465ff9b235858631136a280d</handshake>"));
}

TEST_CASE("a wrong secret, an unknown domain and a second component are told apart [XEP-0114 §3]") {
    ComponentHouse wrong;
    CHECK(wrong.reason_after(ComponentHouse::header + ComponentHouse::stream_error("not-authorized", "no match")) ==
          wrong.server.url() + " refuses the secret of rooms.example.org, or does not know it (not-authorized)");
    ComponentHouse unknown;
    std::string header = ComponentHouse::header;
    header.replace(header.find("'abc'"), 5, "''");  // as Prosody does
    CHECK(unknown.reason_after(header + ComponentHouse::stream_error("host-unknown")) ==
          unknown.server.url() + " knows no component rooms.example.org (host-unknown)");
    ComponentHouse second;
    CHECK(second.reason_after(ComponentHouse::header + ComponentHouse::stream_error("conflict")) ==
          second.server.url() + " has a component rooms.example.org already (conflict)");
    ComponentHouse other;
    CHECK(other.reason_after(ComponentHouse::header + ComponentHouse::stream_error("see-other-host", "a\nb")) ==
          other.server.url() + " ended the stream: see-other-host (a\\x0ab)");
}

TEST_CASE("a port that refuses, or a host that is none, is told and tried again") {
    ComponentHouse house;
    house.server.close();
    house.component->start();
    REQUIRE(house.until([&] { return house.downs.size() >= 3; }));
    CHECK(house.downs.front() == "cannot connect to " + house.server.url() + ": Connection refused");
}

TEST_CASE("a server that accepts and says nothing is not waited for") {
    auto times = ComponentHouse::hasty();
    times.login = 50ms;
    ComponentHouse house(times);
    house.component->start();
    REQUIRE(house.until([&] { return house.downs.size() == 2; }));
    CHECK(house.downs.front() == house.server.url() + " accepts a connection and says nothing (within 50 ms)");
    CHECK(house.server.peers[0]->has_heard("<connection-timeout "));
    CHECK(house.until([&] { return house.server.peers[0]->is_closed; }));
}

TEST_CASE("a server that does not answer the handshake is not waited for") {
    auto times = ComponentHouse::hasty();
    times.login = 200ms;
    ComponentHouse house(times);
    CHECK(house.reason_after(ComponentHouse::header) ==
          house.server.url() + " does not answer the handshake of rooms.example.org (within 200 ms)");
}

TEST_CASE("a server that closes is told by how far it came") {
    ComponentHouse early;
    early.component->start();
    early.next_peer().close();
    REQUIRE(early.until([&] { return !early.downs.empty(); }));
    CHECK(early.downs.front() ==
          early.server.url() + " accepts a connection and says nothing: the server closed the connection");
    ComponentHouse later;
    CHECK(later.reason_after(ComponentHouse::header + "</stream:stream>") ==
          later.server.url() + " does not answer the handshake of rooms.example.org, and closes");
    ComponentHouse up;
    up.component->start();
    up.log_in().say("</stream:stream>");
    REQUIRE(up.until([&] { return !up.downs.empty(); }));
    CHECK(up.downs.front() == up.server.url() + " closed the stream");
    CHECK(up.until([&] { return up.server.peers[0]->has_heard("</stream:stream>"); }));
    up.log_in(2).close();
    REQUIRE(up.until([&] { return up.downs.size() == 2; }));
    CHECK(up.downs.back() == "the connection to " + up.server.url() + " is lost: the server closed the connection");
}

TEST_CASE("what is no component port is said to be none") {
    ComponentHouse web;
    CHECK(web.reason_after("HTTP/1.1 400 Bad Request\r\n\r\n") ==
          web.server.url() + " sends what is not XMPP: not well-formed (invalid token) (not-well-formed)");
    CHECK(web.until([&] { return web.server.peers[0]->has_heard("<not-well-formed "); }));
    ComponentHouse page;
    CHECK(page.reason_after("<html>") == page.server.url() + " is no component port: want <stream:stream>, got <html>");
    ComponentHouse clients;
    std::string header = ComponentHouse::header;
    CHECK(clients.reason_after(header.replace(header.find("jabber:component:accept"), 23, "jabber:client")) ==
          clients.server.url() + " is no component port: it speaks 'jabber:client', not 'jabber:component:accept'");
    CHECK(clients.until([&] { return clients.server.peers[0]->has_heard("<invalid-namespace "); }));
    ComponentHouse eager;
    CHECK(eager.reason_after(ComponentHouse::header + "<message from='a@b' to='c@rooms.example.org'/>") ==
          eager.server.url() + " is no component port: want <handshake/>, got <message>");
    CHECK(eager.until([&] { return eager.server.peers[0]->has_heard("<not-authorized "); }));
    CHECK(eager.stanzas.empty());
}

TEST_CASE("a header without an id is not answered with a proof, whatever follows it [XEP-0114 §3]") {
    std::string header = ComponentHouse::header;
    header.erase(header.find(" id='abc'"), 9);
    ComponentHouse eager;
    CHECK(eager.reason_after(header + "<handshake/>") ==
          eager.server.url() + " is no component port: its stream header has no id");
    CHECK_FALSE(eager.server.peers[0]->has_heard("<handshake"));
    auto times = ComponentHouse::hasty();
    times.login = 200ms;
    ComponentHouse silent(times);
    CHECK(silent.reason_after(header) ==
          silent.server.url() + " is no component port: its stream header has no id (within 200 ms)");
}

TEST_CASE("garbage ends the stream with the right error, and the next connection begins anew [RFC 6120 §4.9.3]") {
    const std::vector<std::pair<std::string, std::string>> garbage{
        {"<message></presence>", "not-well-formed"},
        {"<message from='a@b' to='c@rooms.example.org'><body>\xFF</body></message>", "not-well-formed"},
        {"<!DOCTYPE a [<!ENTITY b 'c'>]>", "not-well-formed"},  // inside of the stream it is not even XML
        {"<!-- -->", "restricted-xml"},
        {"<message><body>&nbsp;</body></message>", "restricted-xml"},
        {"words", "bad-format"},
        {"<a:message/>", "bad-namespace-prefix"},
        {"<message from='" + std::string(2 * 1024 * 1024, 'x'), "policy-violation"},
        {"<message from='a@b' to='c@rooms.example.org'><body>" + std::string(2 * 1024 * 1024, 'x'), "policy-violation"},
    };
    ComponentHouse house;
    house.component->start();
    std::size_t number = 0;
    for (const auto& [bytes, condition] : garbage) {
        CAPTURE(condition);
        auto& peer = house.log_in(++number);
        peer.say(bytes);
        REQUIRE(house.until([&] { return house.downs.size() == number; }));
        CHECK(house.downs.back().find(house.server.url() + " sends what is not XMPP: ") == 0);
        CHECK(house.until([&, wanted = "<" + condition + " "] { return peer.has_heard(wanted); }));
    }
    ComponentHouse early;
    CHECK(early.reason_after("<!DOCTYPE a [<!ENTITY b 'c'>]>").find("document type") != std::string::npos);
    CHECK(house.stanzas.empty());
}

TEST_CASE("half a stanza is never handed on, and is forgotten with its connection") {
    ComponentHouse house;
    house.component->start();
    auto& peer = house.log_in();
    peer.say("<message from='a@b' to='c@rooms.example.org'><body>half");
    peer.say("</body");
    house.until([&] { return false; }, 20ms);
    peer.close();
    REQUIRE(house.until([&] { return house.downs.size() == 1; }));
    house.log_in(2).say("<message from='a@b' to='c@rooms.example.org'><body>whole</body></message>");
    REQUIRE(house.until([&] { return !house.stanzas.empty(); }));
    CHECK(house.stanzas.size() == 1);
    CHECK(house.stanzas[0].child("body", ns::client)->text() == "whole");
}

TEST_CASE("a server's URL is xmpp://HOST[:PORT], and 5347 where it names none") {
    CHECK(to_string(parse_component_url("xmpp://127.0.0.1").value()) == "xmpp://127.0.0.1:5347");
    CHECK(to_string(parse_component_url("xmpp://[::1]:15347").value()) == "xmpp://[::1]:15347");
    CHECK(to_string(parse_component_url("xmpp://xmpp.example.org").value()) == "xmpp://xmpp.example.org:5347");
    for (const auto* const bad :
         {"", "127.0.0.1:5347", "xmpp://", "xmpp://a:0", "xmpp://a:65536", "xmpp://a:", "xmpp://::1", "xmpp://[::1",
          "xmpp://a/b", "http://a", "xmpp://user@a", "xmpp://a:1x"}) {
        CAPTURE(bad);
        const auto parsed = parse_component_url(bad);
        REQUIRE(parsed.has_error());
        const auto error = parsed.error();
        CHECK(error.text.find("want \"xmpp://HOST:PORT\"") == 0);
    }
}

TEST_CASE("a server that is no URL and a domain that is none are told, and not tried") {
    for (const auto& [config, wanted] :
         {std::pair{ComponentConfig{"localhost", "rooms.example.org", "s"}, "component server: want"},
          std::pair{ComponentConfig{"xmpp://127.0.0.1:1", "rooms example", "s"}, "component domain: the domain"}}) {
        boost::asio::io_context io;
        std::vector<std::string> downs;
        ComponentEvents events;
        events.on_down = [&](const std::string& reason) { downs.push_back(reason); };
        Component component(io, config, {}, std::move(events));
        component.start();
        CHECK(downs.empty());
        io.run();
        REQUIRE(downs.size() == 1);
        CHECK(downs[0].find(wanted) == 0);
        CHECK(component.is_over());
    }
}
