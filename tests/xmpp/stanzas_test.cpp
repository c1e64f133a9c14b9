#include <doctest/doctest.h>

#include "talk.hpp"

using namespace mucbridge;

namespace {

constexpr std::string_view ping_garden =
    "<iq type='get' id='p' to='garden@rooms.localhost'><ping xmlns='urn:xmpp:ping'/></iq>";

std::string make_error(std::string_view opening, std::string_view type, std::string_view condition) {
    return std::string(opening) + "<error type='" + std::string(type) + "'><" + std::string(condition) +
           " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>";
}

}  // namespace

TEST_CASE("every stanza is stamped with the full JID [RFC 6120 §8.1.2.1]") {
    Talk talk;
    talk.log_in();
    for (const auto* from :
         {"", " from='romeo@localhost/balcony'", " from='romeo@localhost'", " from='Romeo@LOCALHOST/balcony'"}) {
        talk.say("<message" + std::string(from) + " to='garden@rooms.localhost' type='groupchat'/>");
        CHECK(holds(talk.stanzas.back(), " from='romeo@localhost/balcony'"));
        CHECK(talk.stanzas.back().find("from=") == talk.stanzas.back().rfind("from="));
    }
    CHECK(talk.stanzas.size() == 4);
}

TEST_CASE("from_spoofing: another's from is invalid-from, and nothing is delivered [RFC 6120 §4.9.3.9]") {
    for (const auto* from : {"juliet@localhost", "romeo@localhost/orchard", "localhost",
                             "garden@rooms.localhost/juliet", "", "@", "romeo@localhost/"}) {
        for (const auto* kind : {"message", "presence", "iq"}) {
            Talk talk;
            talk.log_in();
            CAPTURE(from);
            CHECK(ends_with_error(
                talk.say("<" + std::string(kind) + " to='garden@rooms.localhost' from='" + from + "'/>"),
                "invalid-from"));
            CHECK(talk.stanzas.empty());
            CHECK(talk.ends.size() == 1);
        }
    }
}

TEST_CASE("a stanza without a language has its stream's, one with a language keeps it [RFC 6120 §8.1.5]") {
    std::string header(client_header);
    header.insert(header.size() - 1, " xml:lang='de'");
    Talk talk;
    talk.log_in(header);
    talk.say("<message to='garden@rooms.localhost'/><message xml:lang='fr' to='garden@rooms.localhost'/>");
    CHECK(holds(talk.stanzas[0], " xml:lang='de'"));
    CHECK(holds(talk.stanzas[1], " xml:lang='fr'"));
    CHECK(!holds(talk.stanzas[1], "'de'"));
    SUBCASE("a language that is none is not handed on") {
        header.replace(header.find("'de'"), 4, "'&lt;x'");
        Talk other;
        other.log_in(header);
        other.say("<message to='garden@rooms.localhost'/>");
        CHECK(!holds(other.stanzas[0], "lang"));
    }
}

TEST_CASE("join_invalid_jid: a malformed to is jid-malformed, for each kind of stanza [RFC 6120 §8.3.3.8]") {
    for (const auto* to : {"@rooms.localhost", "garden@", "garden@rooms.localhost/", "gar den@rooms.localhost", "",
                           "garden@rooms.localhost/&#x7F;"}) {
        Talk talk;
        talk.log_in();
        CAPTURE(to);
        const std::string rest = " id='1' to='" + std::string(to) + "'";
        CHECK(holds(talk.say("<presence" + rest + "/>"), "<error type='modify' by='localhost'><jid-malformed "));
        CHECK(holds(talk.say("<message" + rest + "><body>x</body></message>"), "<jid-malformed "));
        CHECK(holds(talk.say("<iq type='get'" + rest + "><ping xmlns='urn:xmpp:ping'/></iq>"), "<jid-malformed "));
        // RFC 6120 §8.3.1: an error is not answered.
        CHECK(talk.say("<message type='error'" + rest + "/><presence type='error'" + rest + "/>").empty());
        CHECK(talk.say("<iq type='result'" + rest + "/><iq type='error'" + rest + "/>").empty());
        CHECK(talk.stanzas.empty());
    }
    Talk talk;
    talk.log_in();
    CHECK(holds(talk.say("<presence to='" + std::string(2000, 'a') + "@rooms.localhost/x'/>"), "<jid-malformed "));
}

TEST_CASE("an error reply keeps kind and id, swaps the addresses and has no payload [RFC 6120 §8.3]") {
    Talk talk;
    talk.log_in();
    CHECK(talk.say("<message id='m&apos;1' type='chat' to='localhost'><body>secret</body></message>")
              .starts_with(
                  make_error("<message type='error' id='m&apos;1' from='localhost' to='romeo@localhost/balcony'>",
                             "cancel", "service-unavailable")));
}

TEST_CASE(
    "what is no stanza is unsupported-stanza-type, or invalid-namespace where it looks like one [RFC 6120 §4.9.3.24]") {
    const std::vector<std::pair<std::string, std::string>> bad{
        {"<foo xmlns='bar'/>", "unsupported-stanza-type"},
        {"<foo/>", "unsupported-stanza-type"},
        {"<Message/>", "unsupported-stanza-type"},
        {"<message xmlns='http://example.org/'/>", "unsupported-stanza-type"},
        {"<message xmlns='jabber:server'/>", "invalid-namespace"},
        {"<message xmlns=''/>", "invalid-namespace"},
        {"<stream:features/>", "unsupported-stanza-type"},
        {"<enabled xmlns='urn:xmpp:sm:3'/>", "unsupported-stanza-type"},
    };
    for (const auto& [element, condition] : bad) {
        Talk talk;
        talk.log_in();
        CAPTURE(element);
        CHECK(ends_with_error(talk.say(element), condition));
        CHECK(talk.stanzas.empty());
    }
}

TEST_CASE("an iq has a known type, an id, and exactly one child where it asks [RFC 6120 §8.2.3]") {
    Talk talk;
    talk.log_in();
    for (const auto* bad :
         {"<iq id='1' to='a@localhost'><ping xmlns='urn:xmpp:ping'/></iq>", "<iq type='' id='1'><a xmlns='b'/></iq>",
          "<iq type='foo' id='1' to='garden@rooms.localhost'><a xmlns='b'/></iq>",
          "<iq type='get' to='a@localhost'><a xmlns='b'/></iq>", "<iq type='get' id=''><a xmlns='b'/></iq>",
          "<iq type='get' id='1'/>", "<iq type='set' id='1'>text</iq>",
          "<iq type='get' id='1' to='a@localhost'><a xmlns='b'/><a xmlns='b'/></iq>"}) {
        CAPTURE(bad);
        CHECK(holds(talk.say(bad), "<error type='modify'><bad-request "));
    }
    CHECK(talk.stanzas.empty());
    CHECK(!talk.session->is_over());
}

TEST_CASE("results and errors to the server, and without an id, are swallowed [RFC 6120 §8.2.3]") {
    Talk talk;
    talk.log_in();
    CHECK(talk.say("<iq type='result' id='1'/><iq type='error' id='1' to='localhost'/><iq type='result' id='1' "
                   "to='romeo@localhost'/>")
              .empty());
    CHECK(talk.say("<iq type='result'/><iq type='error'/>").empty());
    CHECK(talk.stanzas.empty());
}

TEST_CASE("what is for others goes to the host: rooms, users, one's own account and its sessions") {
    Talk talk;
    talk.log_in();
    CHECK(talk.say(std::string(ping_garden) +
                   "<iq type='result' id='2' to='garden@rooms.localhost'/>"
                   "<presence/><presence type='unavailable'/><presence type='subscribe' to='juliet@localhost'/>"
                   "<message to='romeo@localhost'/><message to='juliet@localhost'/>"
                   "<iq type='get' id='3' to='romeo@localhost/balcony'><ping xmlns='urn:xmpp:ping'/></iq>"
                   "<presence to='garden@rooms.localhost/romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
              .empty());
    REQUIRE(talk.stanzas.size() == 9);
    CHECK(talk.stanzas[2] == "<presence from='romeo@localhost/balcony'/>");
    CHECK(holds(talk.stanzas[8], "<x xmlns='http://jabber.org/protocol/muc'/>"));
}

TEST_CASE("a message without to is for one's own account [RFC 6120 §10.3.1]") {
    Talk talk;
    talk.log_in().say("<message><body>x</body></message>");
    CHECK(holds(talk.stanzas.at(0), " to='romeo@localhost'"));
}

TEST_CASE("the server itself takes no messages and no presence") {
    Talk talk;
    talk.log_in();
    for (const auto* stanza : {"<message to='localhost'/>", "<message to='localhost/x' type='groupchat'/>",
                               "<presence to='localhost/x'/>", "<presence type='subscribe' to='localhost'/>",
                               "<iq type='get' id='1' to='localhost/x'><ping xmlns='urn:xmpp:ping'/></iq>"})
        CHECK(holds(talk.say(stanza), "<service-unavailable "));
    CHECK(talk.say("<message to='localhost' type='error'/><presence to='localhost' type='unavailable'/>").empty());
    CHECK(talk.stanzas.empty());
}

TEST_CASE("a type of presence that nobody knows is bad-request [RFC 6121 §4.7.1]") {
    Talk talk;
    CHECK(holds(talk.log_in().say("<presence type='available'/>"), "<bad-request "));
    CHECK(talk.stanzas.empty());
}

TEST_CASE("a prefix for jabber:client is understood, and gone from what is handed on [RFC 6120 §4.8.5]") {
    Talk talk;
    talk.log_in().say("<c:message xmlns:c='jabber:client' to='a@localhost'><c:body>x</c:body></c:message>");
    CHECK(talk.stanzas.at(0) == "<message to='a@localhost' from='romeo@localhost/balcony'><body>x</body></message>");
}

TEST_CASE("after the end nothing is delivered, even from the same buffer") {
    SUBCASE("the peer's end") {
        Talk talk;
        CHECK(talk.log_in().say("<presence/></stream:stream><presence/>") == "</stream:stream>");
        CHECK(talk.stanzas.size() == 1);
        CHECK(talk.ends == std::vector<std::string>{"closed"});
    }
    SUBCASE("the host's, from inside a stanza") {
        Talk talk;
        talk.react = [](Session& session, const Element&) { session.close("conflict", "you came again"); };
        CHECK(ends_with_error(talk.log_in().say("<presence/><presence/><presence/>"), "conflict"));
        CHECK(talk.stanzas.size() == 1);
        CHECK(talk.ends == std::vector<std::string>{"conflict: you came again"});
    }
}

TEST_CASE("a host that closes the session from elsewhere hears of its end later, once, and never from inside close()") {
    Talk talk;
    talk.log_in();
    talk.session->close("system-shutdown");
    CHECK(ends_with_error(talk.take(), "system-shutdown"));
    CHECK(talk.ends.empty());
    talk.session->on_disconnected("closed");
    talk.session->on_disconnected("closed");
    talk.session->on_tick(at(5));
    CHECK(talk.ends == std::vector<std::string>{"system-shutdown"});
}

TEST_CASE("a disconnection ends the session, with its reason") {
    Talk talk;
    talk.log_in().session->on_disconnected("connection reset by peer");
    CHECK(talk.session->is_over());
    CHECK(talk.ends == std::vector<std::string>{"connection reset by peer"});
    talk.session->send("<message/>");
    CHECK(talk.take().empty());
}

TEST_CASE("what is sent from inside a stanza's delivery comes out in order") {
    Talk talk;
    talk.react = [](Session& session, const Element& stanza) {
        session.send("<message id='" + std::string(stanza.attribute("id")) + "'/>");
    };
    CHECK(talk.log_in().say("<presence id='1'/><presence id='2'/>") == "<message id='1'/><message id='2'/>");
}

TEST_CASE("a shared stanza gets this session's to, escaped") {
    Talk talk;
    talk.log_in();
    talk.session->send(SharedStanza{"<message from='garden@rooms.localhost/juliet'", "><body>hi</body></message>"});
    CHECK(talk.take() ==
          "<message from='garden@rooms.localhost/juliet' to='romeo@localhost/balcony'><body>hi</body></message>");
}

TEST_CASE("the shell is woken when there is something to write, once until it is written") {
    Talk talk;
    talk.log_in();
    talk.wakes = 0;
    talk.session->send("<message/>");
    talk.session->send("<message/>");
    talk.session->send(SharedStanza{"<message", "/>"});
    CHECK(talk.wakes == 1);
    const auto size = talk.session->unwritten().size();
    talk.session->wrote(size - 1);
    CHECK(talk.session->unwritten() == ">");
    talk.session->send("<a/>");
    CHECK(talk.wakes == 1);
    CHECK(talk.session->unwritten() == "><a/>");
    talk.session->wrote(5);
    CHECK(talk.session->unwritten().empty());
    talk.session->send(SharedStanza{"<message", "/>"});
    CHECK(talk.wakes == 2);
}

TEST_CASE("non_reading_client: a queue over its bound ends the session, and nothing more is kept") {
    Talk talk([](SessionOptions& its) { its.limits.session_queue_bytes = 1000; });
    talk.log_in();
    const std::string stanza(300, 'x');
    for (int i = 0; i < 100; ++i)
        talk.session->send(stanza);
    CHECK(talk.session->is_over());
    CHECK(talk.ends.empty());
    talk.session->on_disconnected("closed");
    CHECK(talk.ends.size() == 1);
    const auto out = talk.take();
    CHECK(out.starts_with(stanza + stanza + stanza + "<stream:error>"));
    CHECK(ends_with_error(out, "policy-violation"));
}

TEST_CASE("many requests whose answers are not read end the session, too") {
    Talk talk([](SessionOptions& its) { its.limits.session_queue_bytes = 64 * 1024; });
    talk.log_in();
    std::string requests;
    for (int i = 0; i < 2000; ++i)
        requests += "<iq type='get' id='v' to='localhost'><query xmlns='jabber:iq:version'/></iq>";
    talk.session->on_bytes(requests, at(1));
    CHECK(talk.session->is_over());
    CHECK(talk.session->unwritten().size() < 65 * 1024);
    CHECK(talk.ends.size() == 1);
}
