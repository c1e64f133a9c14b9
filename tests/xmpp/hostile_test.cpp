#include <doctest/doctest.h>

#include <chrono>

#include "talk.hpp"

using namespace mucbridge;

namespace {

std::string repeat(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i)
        all += text;
    return all;
}

/// Fed as a socket would, until the session has enough of it; how much it took.
std::size_t flood(Talk& talk, std::string_view unit, std::size_t most, std::string& out) {
    std::string chunk;
    while (chunk.size() < 4096)
        chunk += unit;
    std::size_t fed = 0;
    while (fed < most && !talk.session->is_over()) {
        out += talk.say(chunk);
        fed += chunk.size();
    }
    return fed;
}

}  // namespace

TEST_CASE("oversize_before_auth: 10 MB without an end is stopped at 64 KiB, with policy-violation") {
    for (const auto* opening :
         {"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>", "<auth a='", "<message><body>", "<"}) {
        Talk talk;
        std::string out = talk.say(std::string(client_header) + opening);
        CAPTURE(opening);
        CHECK(flood(talk, "A", 10'000'000, out) <= 72 * 1024);
        CHECK(ends_with_error(out, "policy-violation"));
        CHECK(holds(out, "(limits/stanza_bytes_before_login)"));
        CHECK(talk.credentials.empty());
    }
}

TEST_CASE("oversize_header: a header without an end is stopped at 64 KiB") {
    Talk talk;
    std::string out = talk.say("<stream:stream to='");
    CHECK(flood(talk, "a", 10'000'000, out) <= 72 * 1024);
    CHECK(out.starts_with("<?xml version='1.0'?><stream:stream "));
    CHECK(holds(out, "<policy-violation "));
}

TEST_CASE("oversize_stanza_10MiB: stopped at 256 KiB, not before") {
    Talk talk;
    talk.log_in();
    talk.say("<message to='a@localhost'><body>" + std::string(200 * 1024, 'x') + "</body></message>");
    CHECK(talk.stanzas.size() == 1);
    std::string out = talk.say("<message to='a@localhost'><body>");
    CHECK(flood(talk, "x", 10'000'000, out) <= 264 * 1024);
    CHECK(holds(out, "<policy-violation "));
    CHECK(holds(out, "(limits/stanza_bytes)"));
    CHECK(talk.stanzas.size() == 1);
}

TEST_CASE("dtd_billion_laughs, dtd_before_stream: a DOCTYPE is refused and never expanded [RFC 6120 §11.1]") {
    const std::string dtd =
        "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY f SYSTEM 'file:///etc/passwd'>]>";
    Talk before;
    CHECK(holds(before.say("<?xml version='1.0'?>" + dtd + std::string(client_header.substr(21))), "<restricted-xml "));
    CHECK(before.session->is_over());
    Talk inside;
    CHECK(holds(inside.log_in().say(dtd + "<message><body>&b;</body></message>"), "<stream:error>"));
    CHECK(inside.stanzas.empty());
}

TEST_CASE("restricted_xml: comments, processing instructions, entities [RFC 6120 §11.1]") {
    for (const auto* bad :
         {"<!-- x -->", "<?php x?>", "<message><body>&foo;</body></message>", "<message><!-- x --></message>"}) {
        Talk talk;
        CAPTURE(bad);
        const auto out = talk.log_in().say(bad);
        CHECK_MESSAGE(holds(out, "<restricted-xml "), out);
        CHECK(talk.stanzas.empty());
    }
}

TEST_CASE("deep_nesting_100k: stopped at depth 64") {
    Talk talk;
    CHECK(holds(talk.log_in().say("<message>" + repeat("<a>", 100'000)), "<policy-violation "));
    CHECK(talk.stanzas.empty());
}

TEST_CASE("wide_stanza: 50 000 attributes or 100 000 children are stopped, quickly") {
    const auto start = std::chrono::steady_clock::now();
    std::string attributes;
    for (int i = 0; i < 50'000; ++i)
        attributes += " a" + std::to_string(i) + "=''";
    Talk wide;
    CHECK(holds(wide.log_in().say("<message" + attributes + "/>"), "<policy-violation "));
    Talk many;
    CHECK(holds(many.log_in().say("<message>" + repeat("<a/>", 100'000) + "</message>"), "<policy-violation "));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}

TEST_CASE(
    "invalid_utf8, forbidden_characters, malformed_xml: the stream ends, nothing is relayed [RFC 6120 §11.2, §11.3]") {
    const std::string nul(1, '\0');
    for (const auto& body : {std::string("\xC3"),
                             std::string("\xED\xA0\x80"),
                             std::string("\xC0\xAF"),
                             std::string("\xF8\x88\x80\x80\x80"),
                             std::string("\xFF"),
                             nul,
                             std::string("\x01"),
                             std::string("\xEF\xBF\xBE"),
                             std::string("&#0;"),
                             std::string("&#1;"),
                             std::string("&#xFFFE;"),
                             std::string("&#xD800;"),
                             std::string("a & b"),
                             std::string("a < b"),
                             std::string("</message>"),
                             std::string("]]>"),
                             std::string("<a b='1' b='2'/>"),
                             std::string("<a b=1/>"),
                             std::string("<m=\"x$%\"/>"),
                             std::string("<x:y/>")}) {
        Talk talk;
        talk.log_in();
        const auto out = talk.say("<message to='a@localhost'><body>" + body + "</body></message>");
        CAPTURE(body);
        CHECK_MESSAGE((holds(out, "<not-well-formed ") || holds(out, "<bad-namespace-prefix ")), out);
        CHECK(out.ends_with("</stream:stream>"));
        CHECK(talk.stanzas.empty());
    }
}

TEST_CASE("unsupported_encoding: a stream in UTF-16 or Latin-1 [RFC 6120 §4.9.3.22]") {
    CHECK(holds(Talk().say("<?xml version='1.0' encoding='ISO-8859-1'?>" + std::string(client_header.substr(21))),
                "<unsupported-encoding "));
    CHECK(holds(Talk().say("\xFF\xFE<\0?\0"), "<unsupported-encoding "));
}

TEST_CASE("a text of ours about what a peer sent is XML whatever the peer sent") {
    Talk talk;
    const auto out = talk.say(
        "<stream:stream version='1.0' to='&lt;&#x202E;\xE2\x80\xAE&amp;&apos;' xmlns='jabber:client' "
        "xmlns:stream='http://etherx.jabber.org/streams'>");
    CHECK(holds(out, "<host-unknown "));
    CHECK(!holds(out, "\xE2\x80\xAE"));
}

TEST_CASE("message_flood: 2000 stanzas in one buffer are 2000 deliveries, in order") {
    Talk talk;
    std::string burst;
    for (int i = 0; i < 2000; ++i)
        burst += "<message id='" + std::to_string(i) + "' to='garden@rooms.localhost' type='groupchat'/>";
    talk.log_in().say(burst);
    REQUIRE(talk.stanzas.size() == 2000);
    CHECK(holds(talk.stanzas.back(), "id='1999'"));
}

TEST_CASE("tags ahead of the login's end do not make the reader look at everything again and again") {
    const auto start = std::chrono::steady_clock::now();
    for (const auto* opening : {"<!--", "<auth a='", "<?x "}) {
        Talk talk;
        talk.say(client_header);
        talk.say(opening + std::string(60'000, '>'));
    }
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
}
