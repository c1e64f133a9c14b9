#include "xmpp/rsm.hpp"

#include <doctest/doctest.h>

#include "xml/writer.hpp"

using namespace mucbridge;

namespace {

const std::vector<std::string> names{"a", "c", "e", "g", "i"};

std::string page(const PageWish& wish, std::size_t most = 100) {
    const Page chosen = choose_page(names, wish, most);
    std::string out;
    for (std::size_t i = chosen.first; i < chosen.end; ++i)
        out += names[i];
    return out;
}

Element query(std::string_view child, std::string_view text) {
    Element query{"query", std::string(ns::disco_items), {}, {}};
    query.add("set", ns::rsm).add(child, ns::rsm).add_text(text);
    return query;
}

std::string set(const Page& page) { return to_string(make_page_set(names, page), ns::rsm); }

}  // namespace

TEST_CASE("a list is read page by page, forwards and backwards [XEP-0059 2.2, 2.3]") {
    CHECK(page({}) == "acegi");
    CHECK(page({.max = 2}) == "ac");
    CHECK(page({.max = 2, .after = "c"}) == "eg");
    CHECK(page({.max = 2, .after = "g"}) == "i");
    CHECK(page({.max = 2, .after = "i"}).empty());
    CHECK(page({.max = 2, .before = "g"}) == "ce");
    CHECK(page({.max = 2, .before = "c"}) == "a");
    CHECK(page({.max = 2, .before = "a"}).empty());
    CHECK(page({.max = 2, .after = "a", .before = "i"}) == "eg");
    CHECK(page({.max = 2, .after = "g", .before = "c"}).empty());
}

TEST_CASE("an empty <before/> is the last page [XEP-0059 2.5]") {
    CHECK(page({.max = 2, .before = ""}) == "gi");
    CHECK(page({.before = ""}) == "acegi");
}

TEST_CASE("a name that is gone from a sorted list still tells where to go on [XEP-0059 2.4]") {
    CHECK(page({.max = 2, .after = "d"}) == "eg");
    CHECK(page({.max = 2, .before = "d"}) == "ac");
    CHECK(page({.max = 2, .after = "z"}).empty());
}

TEST_CASE("a page is found by its index; past the end it is empty [XEP-0059 2.6]") {
    CHECK(page({.max = 2, .index = 0}) == "ac");
    CHECK(page({.max = 2, .index = 3}) == "gi");
    CHECK(page({.max = 2, .index = 4}) == "i");
    CHECK(page({.max = 2, .index = 5}).empty());
    CHECK(page({.max = 2, .index = 2147483647}).empty());
}

TEST_CASE("max 0 asks for the count alone [XEP-0059 2.7]") {
    CHECK(page({.max = 0}).empty());
    CHECK(set(choose_page(names, {.max = 0}, 100)) == "<set><count>5</count></set>");
}

TEST_CASE("the responder's limit holds whatever is wished [XEP-0059 2.1]") {
    CHECK(page({}, 3) == "ace");
    CHECK(page({.max = 100}, 3) == "ace");
    CHECK(page({.before = ""}, 3) == "egi");
}

TEST_CASE("an answer says which part it is [XEP-0059 2.2]") {
    CHECK(set({1, 3}) == "<set><first index='1'>c</first><last>e</last><count>5</count></set>");
    CHECK(set({4, 5}) == "<set><first index='4'>i</first><last>i</last><count>5</count></set>");
    CHECK(set({5, 5}) == "<set><count>5</count></set>");
}

TEST_CASE("a wish is read from the query; a number that is none is an error that names it [XEP-0059 8]") {
    CHECK_FALSE(parse_page_wish(Element{"query", std::string(ns::disco_items), {}, {}})->has_value());
    CHECK((*parse_page_wish(query("max", "7")))->max == 7);
    CHECK((*parse_page_wish(query("index", "0")))->index == 0);
    CHECK((*parse_page_wish(query("after", "x")))->after == "x");
    CHECK((*parse_page_wish(query("before", "")))->before == "");
    for (const auto* wrong : {"", "-1", " 1", "1e3", "0x1", "ten", "2147483648", "99999999999999999999999"}) {
        CAPTURE(wrong);
        CHECK(parse_page_wish(query("max", wrong)).error().text == "result set: want a whole number in <max/>");
        CHECK(parse_page_wish(query("index", wrong)).error().text == "result set: want a whole number in <index/>");
    }
}
