#include <doctest/doctest.h>

#include "xml/heard.hpp"

using namespace mucbridge;

namespace {

constexpr ReaderLimits shared{
    .stanza_bytes = 1000, .depth = 5, .attributes = 5, .children = 20, .passed_over_bytes = 9000};

const std::string tag = "<message from='romeo@localhost/a' id='1'>", next = "<presence id='2'/>";

/// One stanza between the header and another stanza, cut into pieces.
void check_passed_over(const std::string& stanza, const std::string& why, std::string_view name = "message") {
    for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{1000}, std::size_t{100000}}) {
        Heard heard(shared);
        heard.feed_in_pieces(std::string(stream_header) + stanza + " " + next, size);
        REQUIRE(heard.condition() == "");
        REQUIRE(heard.passed_over.size() == 1);
        CHECK(heard.passed_over[0].second == why);
        CHECK(heard.passed_over[0].first.name == name);
        CHECK(heard.passed_over[0].first.nodes.empty());
        REQUIRE(heard.stanzas.size() == 1);
        CHECK(heard.stanzas[0].name == "presence");
        CHECK(heard.stanzas[0].ns == ns::client);
    }
}

}  // namespace

TEST_CASE("on a shared stream a stanza over a limit is passed over, and the next one is read") {
    check_passed_over(tag + "<body>" + times(2000, "x") + "</body></message>",
                      "a stanza is too long; want at most 1000 bytes (limits/stanza_bytes)");
    check_passed_over("<message id='" + times(2000, "x") + "'/>",
                      "a stanza is too long; want at most 1000 bytes (limits/stanza_bytes)");
    check_passed_over(tag + times(50, "<a>") + times(50, "</a>") + "</message>",
                      "elements are nested too deep; want at most 5 (limits/depth)");
    check_passed_over(tag + times(50, "<a/>x") + "</message>",
                      "a stanza has too many elements and texts inside; want at most 20 (limits/children)");
    check_passed_over(tag + "<a b='' c='' d='' e='' f='' g=''><h/></a></message>",
                      "an element has too many attributes; want at most 5 (limits/attributes)");
}

TEST_CASE("a stanza that is passed over keeps its addresses, so that its sender can be told") {
    Heard heard(shared);
    heard.reader.feed(std::string(stream_header) + tag + times(50, "<a/>") + "</message>");
    REQUIRE(heard.passed_over.size() == 1);
    CHECK(heard.passed_over[0].first.attribute("from") == "romeo@localhost/a");
    CHECK(heard.passed_over[0].first.attribute("id") == "1");
}

TEST_CASE("a stanza with too many attributes of its own is passed over without a name") {
    check_passed_over("<message b='' c='' d='' e='' f='' g=''><h/></message>",
                      "an element has too many attributes; want at most 5 (limits/attributes)", "");
}

TEST_CASE("what declares namespaces inside of a stanza that is passed over declares nothing after it") {
    check_passed_over(tag + times(10, "<a xmlns='u:a'>") + times(10, "</a>") + "</message>",
                      "elements are nested too deep; want at most 5 (limits/depth)");
}

TEST_CASE("passing over ends where memory would be at stake, and never excuses what is not XML") {
    const auto condition_of = [](const std::string& bytes) {
        Heard heard(shared);
        heard.feed_in_pieces(std::string(stream_header) + bytes, 500);
        CHECK(heard.passed_over.empty());
        return heard.condition();
    };
    CHECK(condition_of(tag + times(10000, "x")) == "policy-violation");
    CHECK(condition_of("<message id='" + times(10000, "x")) == "policy-violation");
    CHECK(condition_of(tag + times(3000, "<a>")) == "policy-violation");
    CHECK(condition_of(tag + times(50, "<a>") + "</b>") == "not-well-formed");
    CHECK(condition_of(tag + times(50, "<a/>") + "<!-- -->") == "restricted-xml");
}
