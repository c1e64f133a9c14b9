#include "xml/reader.hpp"

#include <doctest/doctest.h>

#include "xml/heard.hpp"
#include "xml/writer.hpp"

using namespace mucbridge;

namespace {

const std::string header(stream_header);

}  // namespace

TEST_CASE("a stream is a header, stanzas and an end [RFC 6120 §4.2]") {
    Heard heard;
    heard.reader.feed(header + "<message to='a@b'><body>hi</body></message> \n<presence/></stream:stream><iq/>");
    REQUIRE(heard.condition() == "");
    REQUIRE(heard.headers.size() == 1);
    CHECK(heard.headers[0].name == "stream");
    CHECK(heard.headers[0].ns == ns::streams);
    CHECK(heard.headers[0].attribute("to") == "localhost");
    CHECK(heard.headers[0].nodes.empty());
    REQUIRE(heard.stanzas.size() == 2);
    CHECK(to_string(heard.stanzas[0], ns::client) == "<message to='a@b'><body>hi</body></message>");
    CHECK(to_string(heard.stanzas[1], ns::client) == "<presence/>");
    CHECK(heard.ends == 1);
}

TEST_CASE("a header is reported when its tag ends, before anything follows [RFC 6120 §4.2]") {
    Heard heard;
    heard.reader.feed(header.substr(0, header.size() - 1));
    CHECK(heard.headers.empty());
    heard.reader.feed(">");
    CHECK(heard.headers.size() == 1);
}

TEST_CASE("a stanza is reported with its last byte, at whatever places its bytes are cut") {
    const std::string stanza =
        "<message a='1 &gt; 0'><body xml:lang='de'>ä &amp; \xF0\x9F\x98\x80</body><x xmlns='u:x'/></message>";
    for (std::size_t size = 1; size < stanza.size(); ++size) {
        Heard heard;
        heard.reader.feed(header);
        heard.feed_in_pieces(std::string_view(stanza).substr(0, stanza.size() - 1), size);
        REQUIRE(heard.stanzas.empty());
        heard.reader.feed(">");
        REQUIRE(heard.stanzas.size() == 1);
        REQUIRE(heard.stanzas[0].child("body", ns::client)->text() == "ä & \xF0\x9F\x98\x80");
    }
}

TEST_CASE("the header is reported whatever it is, for the stream to judge [RFC 6120 §4.9.1.2]") {
    Heard heard;
    heard.reader.feed("<html><p/>");
    REQUIRE(heard.headers.size() == 1);
    CHECK(heard.headers[0].name == "html");
    CHECK(heard.headers[0].ns.empty());
    CHECK(heard.stanzas.size() == 1);
}

TEST_CASE("a header that closes itself is a header and an end") {
    Heard heard;
    heard.reader.feed("<stream:stream xmlns:stream='http://etherx.jabber.org/streams'/>");
    CHECK(heard.headers.size() == 1);
    CHECK(heard.ends == 1);
    CHECK(heard.condition() == "");
}

TEST_CASE("a byte order mark before the header is ignored [RFC 6120 §11.6]") {
    Heard heard;
    heard.feed_in_pieces("\xEF\xBB\xBF" + header + "<presence/>", 1);
    CHECK(heard.condition() == "");
    CHECK(heard.stanzas.size() == 1);
}

TEST_CASE("an element without a prefix has the innermost default namespace [XML Names §6.2]") {
    Heard heard;
    heard.reader.feed(header + "<iq><query xmlns='u:q'><item/><x xmlns=''><y/></x></query><z/></iq>");
    REQUIRE(heard.stanzas.size() == 1);
    const Element& iq = heard.stanzas[0];
    REQUIRE(iq.child("query", "u:q") != nullptr);
    CHECK(iq.child("query", "u:q")->child("item", "u:q") != nullptr);
    REQUIRE(iq.child("query", "u:q")->child("x", "") != nullptr);
    CHECK(iq.child("query", "u:q")->child("x", "")->child("y", "") != nullptr);
    CHECK(iq.child("z", ns::client) != nullptr);
}

TEST_CASE("a prefix is its namespace inside of the element that declares it, and nowhere else [XML Names §6.1]") {
    Heard heard;
    heard.reader.feed(header + "<iq><p:a xmlns:p='u:1' p:k='v' k='w'><p:b xmlns:p='u:2'/><p:c/></p:a></iq>");
    REQUIRE(heard.stanzas.size() == 1);
    const Element* a = heard.stanzas[0].child("a", "u:1");
    REQUIRE(a != nullptr);
    CHECK(a->child("b", "u:2") != nullptr);
    CHECK(a->child("c", "u:1") != nullptr);
    CHECK(a->attribute("k") == "w");
    REQUIRE(a->attributes.size() == 2);
    CHECK(a->attributes[0].name == "k");
    CHECK(a->attributes[0].ns == "u:1");
    heard.reader.feed("<p:a/>");
    CHECK(heard.condition() == "bad-namespace-prefix");
}

TEST_CASE("the stream's own prefixes hold in its stanzas [RFC 6120 §4.8.5]") {
    Heard heard;
    heard.reader.feed(header + "<stream:error/>");
    REQUIRE(heard.stanzas.size() == 1);
    CHECK(heard.stanzas[0].ns == ns::streams);
}

TEST_CASE("xml:lang needs no declaration [XML Names §3]") {
    Heard heard;
    heard.reader.feed(header + "<message xml:lang='nl'/>");
    REQUIRE(heard.stanzas.size() == 1);
    CHECK(heard.stanzas[0].lang() == "nl");
    CHECK(heard.stanzas[0].attribute("lang") == "");
}

TEST_CASE("text is one node between two elements, however it is written") {
    Heard heard;
    heard.reader.feed(header + "<m>a&lt;b\nc&#x1F600;<![CDATA[<d>]]>&#233;<x/>e</m>");
    REQUIRE(heard.stanzas.size() == 1);
    const Element& m = heard.stanzas[0];
    REQUIRE(m.nodes.size() == 3);
    CHECK(*m.nodes[0].text() == "a<b\nc\xF0\x9F\x98\x80<d>é");
    CHECK(m.text() == "a<b\nc\xF0\x9F\x98\x80<d>ée");
}

TEST_CASE("quotes and > inside of values and text do not end a tag [XML §2.3]") {
    Heard heard;
    heard.feed_in_pieces(header + R"(<m a="it's > 1" b='say "<no>"'> > " ' </m>)", 1);
    CHECK(heard.condition() == "not-well-formed");  // "<" in a value is forbidden
    Heard other;
    other.feed_in_pieces(header + R"(<m a="it's > 1" b='say ">"'> > " ' ]] </m >)", 1);
    REQUIRE(other.stanzas.size() == 1);
    CHECK(other.stanzas[0].attribute("a") == "it's > 1");
    CHECK(other.stanzas[0].attribute("b") == "say \">\"");
    CHECK(other.stanzas[0].text() == " > \" ' ]] ");
}

TEST_CASE("a line end of another system is one line feed [XML §2.11]") {
    Heard heard;
    heard.feed_in_pieces(header + "<m a='1\r\n2'>a\r\nb\rc&#13;</m>", 1);
    REQUIRE(heard.stanzas.size() == 1);
    CHECK(heard.stanzas[0].text() == "a\nb\nc\r");
    CHECK(heard.stanzas[0].attribute("a") == "1 2");
}

TEST_CASE("whitespace between stanzas is ignored, however much of it comes [RFC 6120 §4.6.1]") {
    Heard heard({.stanza_bytes = 1000});
    heard.reader.feed(header);
    for (int i = 0; i < 5000; ++i)
        heard.reader.feed(i % 3 == 0 ? " " : i % 3 == 1 ? "\n" : "\r\n\t");
    heard.reader.feed(times(5000, " ") + "<presence/>");
    CHECK(heard.condition() == "");
    CHECK(heard.stanzas.size() == 1);
}

TEST_CASE("after stop() nothing more is read of what was sent before TLS [RFC 6120 §5.4.3.3]") {
    Heard heard;
    std::size_t stanzas = 0;
    Reader reader({[](const Element&) {},
                   [&](const Element& stanza) {
                       ++stanzas;
                       if (stanza.name == "starttls") {
                           reader.stop();
                           reader.restart();
                       }
                   },
                   [] {}, [&](ReaderError error) { heard.errors.push_back(std::move(error)); }},
                  {});
    reader.feed(header + "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><iq id='injected'/><unfinished a='");
    CHECK(stanzas == 1);
    reader.feed(header + "<presence/>");
    CHECK(stanzas == 2);
    CHECK(heard.errors.empty());
}

TEST_CASE("stop() without restart() ends reading for good") {
    Heard heard;
    heard.reader.feed(header);
    heard.reader.stop();
    heard.reader.feed("<presence/><");
    CHECK(heard.stanzas.empty());
    CHECK(heard.condition() == "");
    heard.reader.restart();
    heard.reader.feed(header + "<presence/>");
    CHECK(heard.stanzas.size() == 1);
}

TEST_CASE("restart() inside of an event makes what follows in the buffer a new stream [RFC 6120 §6.4.6]") {
    std::vector<std::string> said;
    Reader reader({[&](const Element& opened) { said.push_back("header " + std::string(opened.attribute("to"))); },
                   [&](const Element& stanza) {
                       said.push_back(stanza.name);
                       if (stanza.name == "auth")
                           reader.restart();
                   },
                   [&] { said.emplace_back("end"); },
                   [&](const ReaderError& error) { said.push_back(error.condition + ": " + error.text); }},
                  {});
    const std::string bytes = header + "<auth/>\r\n " + header + "<auth></auth>" + header + "<iq/></stream:stream>";
    const std::vector<std::string> wanted{
        "header localhost", "auth", "header localhost", "auth", "header localhost", "iq", "end"};
    SUBCASE("whole") { reader.feed(bytes); }
    SUBCASE("byte by byte") {
        for (const char byte : bytes)
            reader.feed({&byte, 1});
    }
    CHECK(said == wanted);
}

TEST_CASE("restart() between events forgets what was half read") {
    Heard heard;
    heard.reader.feed(header + "<message><body>half a <b");
    heard.reader.restart();
    heard.reader.feed(header + "<presence/>");
    CHECK(heard.condition() == "");
    CHECK(heard.headers.size() == 2);
    CHECK(heard.stanzas.size() == 1);
}

TEST_CASE("restart() inside of on_header reads the next header") {
    int headers = 0;
    Reader reader({[&](const Element&) {
                       if (++headers == 1)
                           reader.restart();
                   },
                   [](const Element&) {}, [] {}, [](const ReaderError& error) { FAIL(error.text); }},
                  {});
    reader.feed(header + header);
    CHECK(headers == 2);
}

TEST_CASE("an error is said once, and nothing is read after it, not even a new stream") {
    Heard heard;
    heard.reader.feed(header + "<a></b><c/>");
    heard.reader.feed("<d/>");
    heard.reader.restart();
    heard.reader.feed(header + "<e/>");
    CHECK(heard.errors.size() == 1);
    CHECK(heard.headers.size() == 1);
    CHECK(heard.stanzas.empty());
}

TEST_CASE("limits set inside of an event hold for the next stanza") {
    std::vector<std::string> said;
    Reader reader({[](const Element&) {},
                   [&](const Element& stanza) {
                       said.push_back(stanza.name);
                       if (stanza.name == "auth")
                           reader.set_limits({.stanza_bytes = 1000});
                       if (stanza.name == "big")
                           reader.set_limits({.stanza_bytes = 50});
                   },
                   [] {}, [&](const ReaderError& error) { said.push_back(error.condition); }},
                  {.stanza_bytes = 200});
    const std::string big = "<big>" + std::string(500, 'a') + "</big>";
    reader.feed(header + "<auth/>" + big + big);
    CHECK(said == std::vector<std::string>{"auth", "big", "policy-violation"});
}

TEST_CASE("limits that shrink between two pieces of a stanza stop it") {
    Heard heard;
    heard.reader.feed(header + "<m>" + std::string(500, 'a'));
    heard.reader.set_limits({.stanza_bytes = 100});
    heard.reader.feed("b");
    CHECK(heard.condition() == "policy-violation");
}

TEST_CASE("a reader that is moved goes on where it was") {
    std::vector<std::string> said;
    Reader first({[](const Element&) {}, [&](const Element& stanza) { said.push_back(stanza.name); }, [] {}, {}}, {});
    first.feed(header + "<a><b");
    Reader second = std::move(first);
    second.feed("/></a>");
    CHECK(said == std::vector<std::string>{"a"});
}

TEST_CASE("a parked reader reads on as if nothing had been, with the stream's namespaces") {
    Heard heard;
    heard.reader.park();
    heard.reader.feed(header);
    heard.reader.park();
    heard.reader.feed("<a/>");
    heard.reader.park();
    heard.reader.feed("<stream:b/><c");
    heard.reader.park();
    heard.reader.feed(" k='v'");
    heard.reader.park();
    heard.reader.feed("><d>");
    heard.reader.park();
    heard.reader.feed("</d></c>");
    heard.reader.park();
    heard.reader.feed("</stream:stream>");
    heard.reader.park();
    CHECK(heard.condition() == "");
    REQUIRE(heard.stanzas.size() == 3);
    CHECK(heard.stanzas[0].ns == ns::client);
    CHECK(heard.stanzas[1].ns == ns::streams);
    CHECK(to_string(heard.stanzas[2], ns::client) == "<c k='v'><d/></c>");
    CHECK(heard.headers.size() == 1);
    CHECK(heard.ends == 1);
}

TEST_CASE("a reader is not parked inside of CDATA's brackets, where tags are text [XML §2.7]") {
    Heard heard;
    heard.reader.feed(header + "<![CDATA[ ");
    heard.reader.park();
    heard.reader.feed("<iq/>");
    CHECK(heard.stanzas.empty());
    CHECK(heard.condition() == "bad-format");
}

TEST_CASE("a parked reader still knows which tag ends the stream") {
    Heard heard;
    heard.reader.feed(header);
    heard.reader.park();
    heard.reader.feed("</stream>");
    CHECK(heard.condition() == "not-well-formed");
}

TEST_CASE("a long stream is read to its end, whatever names its stanzas invent") {
    Heard heard;
    heard.reader.feed(header);
    std::string bytes;
    for (int i = 0; i < 40000; ++i) {
        const std::string name = "name" + std::to_string(i);
        bytes += "<stream:" + name + " xmlns:p='u:" + name + "' p:" + name + "='1' " + name +
                 "='2'><p:x/></stream:" + name + "> ";
    }
    SUBCASE("in one piece") { heard.reader.feed(bytes); }
    SUBCASE("in pieces") { heard.feed_in_pieces(bytes, 4093); }
    heard.reader.feed("</stream:stream>");
    CHECK(heard.condition() == "");
    CHECK(heard.stanzas.size() == 40000);
    CHECK(heard.headers.size() == 1);
    CHECK(heard.ends == 1);
}

TEST_CASE("the header tells the content namespace, whatever its own is [RFC 6120 §4.8.2]") {
    Heard heard;
    heard.reader.feed(header);
    REQUIRE(heard.headers.size() == 1);
    CHECK(heard.headers[0].attribute("xmlns") == ns::client);
    Heard other;
    other.reader.feed("<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>");
    REQUIRE(other.headers.size() == 1);
    CHECK_FALSE(other.headers[0].has_attribute("xmlns"));
}
