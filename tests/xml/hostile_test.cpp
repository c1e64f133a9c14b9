// What a peer may send to break the reader, and the stream error that each gets.
#include <doctest/doctest.h>

#include <chrono>

#include "xml/heard.hpp"

using namespace mucbridge;

namespace {

constexpr ReaderLimits before_login{};
constexpr ReaderLimits after_login{.stanza_bytes = 256 * 1024};

/// The condition that these bytes end in. Said once, however the bytes are cut, and nothing is read after it.
std::string condition_of(std::string_view bytes, ReaderLimits limits = before_login) {
    std::string condition;
    for (const std::size_t size : {bytes.size(), std::size_t{1}, std::size_t{1460}}) {
        if (size == 1 && bytes.size() > 300'000)
            continue;
        Heard heard(limits);
        heard.feed_in_pieces(bytes, size);
        const std::size_t stanzas = heard.stanzas.size();
        heard.reader.feed("<after/>");
        CHECK(heard.errors.size() <= 1);
        if (!heard.errors.empty()) {
            CHECK(heard.stanzas.size() == stanzas);
            CHECK_FALSE(heard.errors[0].text.empty());
        }
        CHECK((condition.empty() || condition == heard.condition()));
        condition = heard.condition();
    }
    return condition;
}

std::string condition_inside(std::string_view bytes, ReaderLimits limits = before_login) {
    return condition_of(std::string(stream_header) + std::string(bytes), limits);
}

}  // namespace

TEST_CASE("a document type is refused before anything of it is believed [RFC 6120 §11.1]") {
    CHECK(
        condition_of("<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol \"lol\">"
                     "<!ENTITY lol1 \"&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;\">"
                     "<!ENTITY lol2 \"&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;\">]><stream>&lol2;</stream>") ==
        "restricted-xml");
    CHECK(condition_of("<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x>") == "restricted-xml");
    CHECK(condition_of("<!DOCTYPE x><x>") == "restricted-xml");
}

TEST_CASE("a document type inside of the stream is not XML [XML §2.8]") {
    CHECK(condition_inside("<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>") == "not-well-formed");
}

TEST_CASE("comments and processing instructions are refused wherever they stand [RFC 6120 §11.1]") {
    CHECK(condition_inside("<!-- hi -->") == "restricted-xml");
    CHECK(condition_inside("<message><!----></message>") == "restricted-xml");
    CHECK(condition_of("<!-- > --><x>") == "restricted-xml");
    CHECK(condition_inside("<?php echo 1 > 0; ?>") == "restricted-xml");
    CHECK(condition_inside("<message><?x?></message>") == "restricted-xml");
    CHECK(condition_of("<?x?><x>") == "restricted-xml");
}

TEST_CASE("an entity that is not one of XML's five is refused [RFC 6120 §11.1]") {
    CHECK(condition_inside("<message>&nbsp;</message>") == "restricted-xml");
    CHECK(condition_inside("<message a='&xxe;'/>") == "restricted-xml");
    CHECK(condition_inside("<message>&amp;&lt;&gt;&apos;&quot;</message>") == "");
}

TEST_CASE("an encoding other than UTF-8 is refused, declared or seen [RFC 6120 §11.6]") {
    CHECK(condition_of("<?xml version='1.0' encoding='ISO-8859-1'?><x>") == "unsupported-encoding");
    CHECK(condition_of("<?xml version='1.0' encoding='UTF-16'?><x>") == "unsupported-encoding");
    CHECK(condition_of("<?xml version='1.0' encoding='utf-8'?><x>") == "");
    CHECK(condition_of(std::string_view("\xFF\xFE<\0x\0>\0", 8)) == "unsupported-encoding");
    CHECK(condition_of(std::string_view("\xFE\xFF\0<\0x\0>", 8)) == "unsupported-encoding");
    CHECK(condition_of(std::string_view("<\0x\0>\0", 6)) == "unsupported-encoding");
    CHECK(condition_of(std::string_view("\0<\0x\0>", 6)) == "unsupported-encoding");
    CHECK(condition_of(std::string_view("`\0E>", 4)) == "not-well-formed");  // whole as in pieces
}

TEST_CASE("an XML declaration stands at the very start or nowhere [XML §2.8]") {
    CHECK(condition_of(" <?xml version='1.0'?><x>") == "not-well-formed");
    CHECK(condition_inside("<?xml version='1.0'?><x/>") == "not-well-formed");
    CHECK(condition_of("<?xml version='1.0' bogus='1'?><x>") == "not-well-formed");
}

TEST_CASE("100,000 nested elements are stopped at the depth that is allowed, in one stanza [RFC 6120 §4.9.3.14]") {
    CHECK(condition_inside(times(100'000, "<a>"), after_login) == "policy-violation");
    CHECK(condition_inside(times(100'000, "<a>"), {.stanza_bytes = 10'000'000}) == "policy-violation");
    CHECK(condition_inside(times(64, "<a>") + times(64, "</a>")) == "");
    CHECK(condition_inside(times(65, "<a>") + times(65, "</a>")) == "policy-violation");
}

TEST_CASE("a stanza of 10 MiB is stopped at the limit, with and without a > in it [RFC 6120 §4.9.3.14]") {
    const std::string big(10 * 1024 * 1024, 'a');
    CHECK(condition_inside("<message><body>" + big, after_login) == "policy-violation");
    CHECK(condition_inside("<" + big, after_login) == "policy-violation");
    CHECK(condition_inside("<message a='" + big, after_login) == "policy-violation");
    CHECK(condition_inside("<message>&" + big, after_login) == "policy-violation");
    CHECK(condition_inside("<!--" + big, after_login) == "policy-violation");
    CHECK(condition_inside("<?" + big, after_login) == "policy-violation");
    CHECK(condition_inside("<a><![CDATA[" + big, after_login) == "policy-violation");
    CHECK(condition_of("<" + big, before_login) == "policy-violation");
    CHECK(condition_of(times(100'000, "\n"), before_login) == "policy-violation");
}

TEST_CASE("a stanza may be as long as the limit and not a byte longer") {
    for (const std::size_t size : {999U, 1000U, 1001U}) {
        const std::string stanza = "<m>" + std::string(size - 7, 'a') + "</m>";
        REQUIRE(stanza.size() == size);
        CAPTURE(size);
        const std::string wanted = size > 1000 ? "policy-violation" : "";
        CHECK(condition_inside(stanza, {.stanza_bytes = 1000}) == wanted);
        CHECK(condition_inside("<a/> \n" + stanza + "<b/>", {.stanza_bytes = 1000}) == wanted);
        const std::string tag = "<m a='" + std::string(size - 9, 'a') + "'/>";
        CHECK(condition_inside(tag, {.stanza_bytes = 1000}) == wanted);
    }
}

TEST_CASE("a stream's header is held to the limit too") {
    CHECK(condition_of("<x a='" + std::string(70'000, 'a') + "'>") == "policy-violation");
}

TEST_CASE("an unfinished tag is not stored past the limit") {
    Heard heard({.stanza_bytes = 1000});
    heard.reader.feed(std::string(stream_header) + "<message a='");
    for (int i = 0; i < 988; ++i)
        heard.reader.feed("a");
    CHECK(heard.condition() == "");
    heard.reader.feed("a");
    CHECK(heard.condition() == "policy-violation");
}

TEST_CASE("50,000 attributes are stopped [RFC 6120 §4.9.3.14]") {
    std::string stanza = "<message";
    for (int i = 0; i < 50'000; ++i)
        stanza += " a" + std::to_string(i) + "=''";
    CHECK(condition_inside(stanza + "/>", {.stanza_bytes = 1024 * 1024}) == "policy-violation");
    CHECK(condition_inside(stanza + "/>", after_login) == "policy-violation");
}

TEST_CASE("100,000 children are stopped, elements and texts counted over all levels [RFC 6120 §4.9.3.14]") {
    CHECK(condition_inside("<message>" + times(100'000, "<a/>"), {.stanza_bytes = 1024 * 1024}) == "policy-violation");
    CHECK(condition_inside("<message>" + times(100'000, "<a/>"), after_login) == "policy-violation");
    const ReaderLimits ten{.children = 10};
    CHECK(condition_inside("<m>" + times(10, "<a/>") + "</m>", ten) == "");
    CHECK(condition_inside("<m>" + times(11, "<a/>") + "</m>", ten) == "policy-violation");
    CHECK(condition_inside("<m>" + times(5, "<a/>x") + "</m>", ten) == "");
    CHECK(condition_inside("<m>" + times(5, "<a/>x") + "<a/></m>", ten) == "policy-violation");
    CHECK(condition_inside("<m>" + times(4, "<a><b/>x</a>") + "</m>", ten) == "policy-violation");
    CHECK(condition_inside(times(20, "<m>" + times(10, "<a/>") + "</m>"), ten) == "");
}

TEST_CASE("a long namespace is not multiplied by the elements that bear it") {
    const std::string name(60'000, 'n');
    const ReaderLimits limits{.stanza_bytes = 256 * 1024};
    CHECK(condition_inside("<m xmlns='" + name + "'>" + times(4000, "<a/>") + "</m>", limits) == "policy-violation");
    std::string attributes;
    for (int i = 0; i < 200; ++i)
        attributes += " p:a" + std::to_string(i) + "=''";
    CHECK(condition_inside("<m xmlns:p='" + name + "'" + attributes + "/>", limits) == "policy-violation");
    CHECK(condition_inside("<m xmlns='" + std::string(100, 'n') + "'>" + times(4000, "<a/>") + "</m>", limits) == "");
}

TEST_CASE("namespaces are declared so often and no more often") {
    std::string stanza = "<m>";
    for (int i = 0; i < 1000; ++i)
        stanza += "<a xmlns:p" + std::to_string(i) + "='u'/>";
    CHECK(condition_inside(stanza + "</m>") == "policy-violation");
}

TEST_CASE("bytes that are not UTF-8 are refused in text, values and names [RFC 6120 §11.6]") {
    for (const std::string_view bytes :
         {"\x80", "\xC3", "\xC3(", "\xC0\xAF", "\xE2\x82", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF0\x80\x80\xAF",
          "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFE", "\xFF"}) {
        const std::string text(bytes);
        CHECK(condition_inside("<m>" + text + "</m>") == "not-well-formed");
        CHECK(condition_inside("<m a='" + text + "'/>") == "not-well-formed");
        CHECK(condition_inside("<m" + text + "/>") == "not-well-formed");
        CHECK(condition_inside("<m><![CDATA[" + text + "]]></m>") == "not-well-formed");
    }
}

TEST_CASE("characters that XML forbids are refused, raw and as references [XML §2.2]") {
    using namespace std::string_literals;
    for (const std::string& text :
         {"\0"s,       "\x01"s,     "\x08"s,       "\x0B"s,           "\x0C"s,   "\x1F"s,     "\uFFFE"s,
          "\uFFFF"s,   "&#0;"s,     "&#1;"s,       "&#x0;"s,          "&#x1F;"s, "&#xD800;"s, "&#xDFFF;"s,
          "&#xFFFE;"s, "&#xFFFF;"s, "&#x110000;"s, "&#99999999999;"s, "&#-1;"s,  "&#;"s,      "&#x;"s}) {
        CAPTURE(text);
        CHECK(condition_inside("<m>" + text + "</m>") == "not-well-formed");
        CHECK(condition_inside("<m a='" + text + "'/>") == "not-well-formed");
    }
    CHECK(condition_inside("<m a='&#9;&#10;&#13;&#xFFFD;&#x10FFFF;'>\t\n\r\x7F\uFFFD\U0010FFFF&#128512;</m>") == "");
}

TEST_CASE("what is not well-formed is refused [RFC 6120 §11.3]") {
    for (const std::string_view bytes : {"<a></b>",
                                         "<a b=c/>",
                                         "<a b/>",
                                         "<a b='1'c='2'/>",
                                         "<a b='1' b='2'/>",
                                         "<a>]]></a>",
                                         "< a/>",
                                         "<a/ >",
                                         "<1/>",
                                         "<a",
                                         "<>",
                                         "</>",
                                         "<a b='<'/>",
                                         "<a>&</a>",
                                         "<a>& b</a>",
                                         "<a>&;</a>",
                                         "<a b='&'/>",
                                         "<!x>",
                                         "<![CDATA[x]]>",
                                         "</a>",
                                         "<a><![cdata[x]]></a>"}) {
        CAPTURE(bytes);
        const std::string condition = condition_inside(std::string(bytes) + "<x>'\"");
        CHECK(condition == (bytes == "<![CDATA[x]]>" ? "bad-format" : "not-well-formed"));
    }
    CHECK(condition_of("hello") == "not-well-formed");
    CHECK(condition_of("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") == "not-well-formed");
    CHECK(condition_of("\x16\x03\x01\x02") == "not-well-formed");
    CHECK(condition_inside("<a/></stream:stream ><") == "");
}

TEST_CASE("text between stanzas that is not whitespace is refused [RFC 6120 §4.9.3.1]") {
    CHECK(condition_inside("hello") == "bad-format");
    CHECK(condition_inside("<a/> &#32; &#120; <b/>") == "bad-format");
    CHECK(condition_inside("<a/>\xC2\xA0") == "bad-format");
}

TEST_CASE("a prefix that nobody declared is refused [RFC 6120 §4.9.3.2]") {
    CHECK(condition_inside("<p:a/>") == "bad-namespace-prefix");
    CHECK(condition_inside("<a p:b='c'/>") == "bad-namespace-prefix");
    CHECK(condition_inside("<xmlns:a/>") == "bad-namespace-prefix");
    CHECK(condition_of("<stream:stream>") == "bad-namespace-prefix");
    CHECK(condition_inside("<a><b xmlns:p='u'/><p:c/></a>") == "bad-namespace-prefix");
}

TEST_CASE("what is not well-formed by namespaces is refused [RFC 6120 §11.3]") {
    for (const std::string_view bytes :
         {"<a:b:c xmlns:a='u'/>", "<:a/>", "<a:/>", "<p:1 xmlns:p='u'/>", "<p:-a xmlns:p='u'/>",
          "<p:\u00B7 xmlns:p='u'/>", "<a xmlns:p='u' p:1=''/>", "<a :b=''/>", "<a xmlns:='u'/>", "<a xmlns:1='u'/>",
          "<a xmlns:p=''/>", "<a xmlns:xml='u'/>", "<a xmlns:xmlns='u'/>",
          "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
          "<a xmlns:p='http://www.w3.org/2000/xmlns/'/>", "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
          "<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>"}) {
        CAPTURE(bytes);
        CHECK(condition_inside(bytes) == "not-well-formed");
    }
    CHECK(condition_inside("<p:\u00E9\u00B7 xmlns:p='u'/>") == "");
    CHECK(condition_inside("<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>") == "");
    CHECK(condition_inside("<a xmlns:p='u' xmlns='u' p:b='' b=''/>") == "");
}

TEST_CASE("a tag that arrives byte by byte costs its length, not its square") {
    using Clock = std::chrono::steady_clock;
    for (const std::string_view opening : {"<m a='", "<m a='>>>>", "<!--", "<m>&", "<?x "}) {
        CAPTURE(opening);
        Heard heard(after_login);
        heard.reader.feed(std::string(stream_header) + std::string(opening));
        const auto start = Clock::now();
        for (int i = 0; i < 250'000; ++i)
            heard.reader.feed(i % 2 == 0 ? "a" : ">");
        // Read anew for each byte it would be 30,000,000,000 steps, which no machine makes in this time.
        CHECK(Clock::now() - start < std::chrono::seconds(4));
        CHECK(heard.stanzas.empty());
    }
}

TEST_CASE("a text of nothing but references costs its length, not its square") {
    const auto start = std::chrono::steady_clock::now();
    Heard heard({.stanza_bytes = 8'000'000});
    heard.reader.feed(std::string(stream_header) + "<m>" + times(1'000'000, "&amp;") + "</m>");
    // Were the text's end looked for from each reference, a terabyte would be read.
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
    REQUIRE(heard.stanzas.size() == 1);
    CHECK(heard.stanzas[0].text().size() == 1'000'000);
}

TEST_CASE("bytes at random never get past the reader unharmed, nor harm it") {
    std::uint32_t seed = 1;
    const auto random = [&] { return seed = seed * 1664525 + 1013904223, seed >> 16; };
    constexpr std::string_view alphabet = "<>/='\"&;:! ?[]-abx#\x01\xC3\xA9\n";
    for (int round = 0; round < 20000; ++round) {
        std::string bytes(stream_header);
        for (std::uint32_t length = random() % 60; length > 0; --length)
            bytes += alphabet[random() % alphabet.size()];
        Heard whole, pieces;
        whole.reader.feed(bytes);
        pieces.feed_in_pieces(bytes, 1 + random() % 3);
        CAPTURE(bytes);
        REQUIRE(whole.errors.size() == pieces.errors.size());
        REQUIRE(whole.stanzas.size() == pieces.stanzas.size());
    }
}
