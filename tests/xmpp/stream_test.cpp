#include "xmpp/stream.hpp"

#include <doctest/doctest.h>

#include <set>

#include "talk.hpp"

using namespace mucbridge;

namespace {

std::string header_with(std::string_view attributes) { return "<stream:stream " + std::string(attributes) + ">"; }
constexpr std::string_view both_namespaces = " xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' ";

}  // namespace

TEST_CASE("a header is answered by ours and by the mechanisms that are really there [RFC 6120 §4.3.2]") {
    Talk talk;
    const auto out = talk.say(client_header);
    CHECK(
        out.starts_with("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                        "xmlns:stream='http://etherx.jabber.org/streams' id='"));
    CHECK(holds(out, " from='localhost' version='1.0' xml:lang='en'>"));
    CHECK(
        out.ends_with("<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                      "<mechanism>PLAIN</mechanism><mechanism>ANONYMOUS</mechanism></mechanisms></stream:features>"));
    CHECK(!talk.session->is_over());
}

TEST_CASE(
    "where logins are anonymous only ANONYMOUS is offered, and passwords that matter are not asked for without TLS") {
    CHECK(holds(Talk(Login::anonymous).say(client_header),
                "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                "<mechanism>ANONYMOUS</mechanism></mechanisms>"));
    CHECK(!holds(Talk(Login::accounts).say(client_header), "PLAIN"));
    CHECK(holds(Talk(Login::broker).say(client_header), "<stream:features></stream:features>"));
}

TEST_CASE("a stream's id is never the same twice [RFC 6120 §4.7.3]") {
    std::set<std::string> headers;
    for (int i = 0; i < 100; ++i)
        headers.insert(make_header("localhost", nullptr));
    CHECK(headers.size() == 100);
}

TEST_CASE("the answer's to is the peer's bare JID, if and only if it said who it is [RFC 6120 §4.7.2]") {
    Talk talk;
    const auto out =
        talk.say(header_with("to='localhost' from='Romeo@localhost/x' version='1.0'" + std::string(both_namespaces)));
    CHECK(holds(out, " to='romeo@localhost' "));
    CHECK(!holds(Talk().say(client_header), " to="));
    CHECK(!holds(Talk().say(header_with("from='@' version='1.0'" + std::string(both_namespaces))), " to="));
}

TEST_CASE("a header without to is meant for us") {
    CHECK(holds(Talk().say(header_with("version='1.0'" + std::string(both_namespaces))), "<stream:features>"));
}

TEST_CASE("a header's to is compared as a domain is [RFC 7622 §3.2]") {
    CHECK(holds(Talk().say(header_with("to='LocalHost' version='1.0'" + std::string(both_namespaces))),
                "<stream:features>"));
}

TEST_CASE("stream_to_foreign_domain: another host is host-unknown, under our own name [RFC 6120 §4.9.1.3]") {
    for (const auto* to : {"example.org", "", "rooms.localhost", "&#x202E;", "a@localhost"}) {
        Talk talk;
        const auto out =
            talk.say(header_with("version='1.0' to='" + std::string(to) + "'" + std::string(both_namespaces)));
        CAPTURE(to);
        CHECK(out.starts_with("<?xml version='1.0'?><stream:stream "));
        CHECK(holds(out, " from='localhost' "));
        CHECK(ends_with_error(out, "host-unknown"));
        CHECK(talk.session->is_over());
    }
}

TEST_CASE("a header is refused by name, after ours [RFC 6120 §4.9.1.2]") {
    const std::vector<std::pair<std::string, std::string>> bad{
        // RFC 6120 §4.7.5: no version is 0.9
        {header_with("to='localhost'" + std::string(both_namespaces)), "unsupported-version"},
        {header_with("to='localhost' version='0.9'" + std::string(both_namespaces)), "unsupported-version"},
        {header_with("to='localhost' version='x'" + std::string(both_namespaces)), "unsupported-version"},
        {header_with("to='localhost' version='1'" + std::string(both_namespaces)), "unsupported-version"},
        {header_with("to='localhost' version='99999999999.0'" + std::string(both_namespaces)), "unsupported-version"},
        // §4.8.1, §4.8.2, §4.9.3.1, §4.9.3.2
        {"<stream:stream version='1.0' xmlns='jabber:client' xmlns:stream='http://wrong.example/'>",
         "invalid-namespace"},
        {"<stream version='1.0' xmlns='jabber:client'>", "invalid-namespace"},
        {"<stream:stream version='1.0' xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'>",
         "invalid-namespace"},
        {"<stream:features version='1.0'" + std::string(both_namespaces) + ">", "bad-format"},
        {"<stream:stream version='1.0' xmlns='jabber:client'>", "bad-namespace-prefix"},
        {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "not-well-formed"},
        {"\x16\x03\x01\x02", "not-well-formed"},
    };
    for (const auto& [header, condition] : bad) {
        Talk talk;
        const auto out = talk.say(header);
        CAPTURE(header);
        CHECK(out.starts_with("<?xml version='1.0'?><stream:stream "));
        CHECK_MESSAGE(ends_with_error(out, condition), out);
        CHECK(out.find("<stream:stream ") == out.rfind("<stream:stream "));
        CHECK(talk.session->is_over());
        CHECK(talk.say(client_header).empty());
    }
}

TEST_CASE("versions are numbers: 1.1, 01.0 and 2.0 may come in [RFC 6120 §4.7.5]") {
    for (const auto* version : {"1.1", "01.0", "2.0", "1.10"})
        CHECK(holds(Talk().say(header_with("version='" + std::string(version) + "'" + std::string(both_namespaces))),
                    "<stream:features>"));
}

TEST_CASE("a stream's end is answered by ours, and nothing follows [RFC 6120 §4.4]") {
    Talk talk;
    talk.say(client_header);
    CHECK(talk.say("</stream:stream>") == "</stream:stream>");
    CHECK(talk.session->is_over());
    CHECK(talk.ends.empty());  // it was never bound
    CHECK(talk.say("<presence/>").empty());
    talk.session->close("system-shutdown");
    CHECK(talk.take().empty());
}

TEST_CASE("a stream error from the peer ends the stream without one of ours [RFC 6120 §4.9.1.1]") {
    Talk talk;
    talk.say(client_header);
    CHECK(talk.say("<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>") ==
          "</stream:stream>");
}

TEST_CASE("starttls that was not offered fails and ends the stream [RFC 6120 §5.4.2.2]") {
    Talk talk;
    talk.say(client_header);
    CHECK(talk.say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>") ==
          "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>");
}

TEST_CASE("white space between stanzas is a keepalive, other text is not [RFC 6120 §4.6.1]") {
    Talk talk;
    talk.log_in();
    CHECK(talk.say(" \n \r\n\t").empty());
    CHECK(!talk.session->is_over());
    CHECK(ends_with_error(talk.say("hello"), "bad-format"));
}

TEST_CASE("slowloris_500: a login that is not over in time is connection-timeout [RFC 6120 §4.9.3.4]") {
    SUBCASE("nothing came at all") {
        Talk talk;
        talk.session->on_tick(at(29));
        CHECK(talk.take().empty());
        talk.session->on_tick(at(30));
        CHECK(ends_with_error(talk.take(), "connection-timeout"));
    }
    SUBCASE("half a header, byte by byte") {
        Talk talk;
        for (int second = 1; second < 30; ++second) {
            CHECK(talk.say(client_header.substr(static_cast<std::size_t>(second - 1), 1), second).empty());
            talk.session->on_tick(at(second));
        }
        talk.session->on_tick(at(31));
        CHECK(ends_with_error(talk.take(), "connection-timeout"));
    }
    SUBCASE("logged in, never bound") {
        Talk talk;
        talk.say(std::string(client_header) + make_plain("romeo", "x"));
        talk.session->on_tick(at(40));
        CHECK(ends_with_error(talk.take(), "connection-timeout"));
    }
    SUBCASE("a bound session may be quiet for ever, where nobody asks whether it is there") {
        Talk talk([](SessionOptions& its) { its.limits.idle_time = std::chrono::seconds(0); });
        talk.log_in();
        for (int hour = 1; hour < 100; ++hour)
            talk.session->on_tick(at(hour * 3600));
        CHECK(talk.take().empty());
        CHECK(holds(talk.say("<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>"),
                    "type='result'"));
    }
}
