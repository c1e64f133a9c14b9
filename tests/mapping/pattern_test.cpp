#include "mapping/pattern.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

namespace {

std::string why_not(std::string_view text, Pattern::Kind kind) {
    const auto pattern = Pattern::parse(text, kind);
    return pattern ? "" : pattern.error().text;
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a filter selects topics as MQTT 5 §4.7 has it") {
    CHECK(matches_topic("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"));
    CHECK(matches_topic("sport/tennis/player1/#", "sport/tennis/player1"));
    CHECK(matches_topic("sport/tennis/+", "sport/tennis/player1"));
    CHECK_FALSE(matches_topic("sport/tennis/+", "sport/tennis/player1/ranking"));
    CHECK(matches_topic("+", "finance"));
    CHECK_FALSE(matches_topic("+", "/finance"));
    CHECK_FALSE(matches_topic("+/x", "$SYS/x"));  // [MQTT-4.7.2-1]
    CHECK(matches_topic("a//b", "a//b"));
    CHECK_FALSE(matches_topic("a/+/b", "a/b"));
    CHECK_FALSE(matches_topic("a/b", "a"));
}

TEST_CASE("a filter of ten thousand levels is matched at once") {
    std::string filter, topic;
    for (int i = 0; i < 10000; ++i) {
        filter += "+/";
        topic += "a/";
    }
    CHECK(matches_topic(filter + "#", topic + "b"));
    CHECK_FALSE(matches_topic(filter + "x", topic + "b"));
}

TEST_CASE("a placeholder is one level, or its part of one") {
    const auto pattern = Pattern::parse("factory/line-{line}-x/chat", Pattern::Kind::address);
    REQUIRE(pattern.has_value());
    CHECK(pattern->match({"factory", "line-a-x", "chat"}).value() == Values{{"line", {"a"}}});
    CHECK_FALSE(pattern->match({"factory", "line--x", "chat"}));  // nothing is left for it
    CHECK_FALSE(pattern->match({"factory", "line-x", "chat"}));
    CHECK_FALSE(pattern->match({"factory", "line-a-x"}));
    CHECK_FALSE(pattern->match({"factory", "line-a-x", "chat", "more"}));
    CHECK(pattern->fill({{"line", {"b c"}}}) == Levels{"factory", "line-b c-x", "chat"});
}

TEST_CASE("a placeholder that spans is one level or more, none of them empty") {
    auto pattern = Pattern::parse("chat/{name}", Pattern::Kind::address);
    REQUIRE(pattern.has_value());
    CHECK_FALSE(pattern->match({"chat", "a", "b"}));
    pattern->span_last();
    CHECK(pattern->match({"chat", "a", "b"}).value() == Values{{"name", {"a", "b"}}});
    CHECK(pattern->fill({{"name", {"a", "b"}}}) == Levels{"chat", "a", "b"});
    CHECK_FALSE(pattern->match({"chat"}));
    CHECK_FALSE(pattern->match({"chat", ""}));
    CHECK_FALSE(pattern->match({"chat", "a", "", "b"}));
}

TEST_CASE("wildcards of a filter stand beside placeholders") {
    const auto pattern = Pattern::parse("factory/{line}/+/#", Pattern::Kind::filter);
    REQUIRE(pattern.has_value());
    CHECK(pattern->match({"factory", "a", "temperature"}).value() == Values{{"line", {"a"}}});
    CHECK(pattern->match({"factory", "a", "temperature", "x", "y"}));
    CHECK_FALSE(pattern->match({"factory", "a"}));
    CHECK(join_address(pattern->fill({{"line", {"a"}}}), AddressKind::topic) == "factory/a/+/#");
}

TEST_CASE("an address that an operator wrote may have empty levels") {
    const auto pattern = Pattern::parse("/plant//{line}", Pattern::Kind::address);
    REQUIRE(pattern.has_value());
    CHECK(join_address(pattern->fill({{"line", {"a"}}}), AddressKind::topic) == "/plant//a");
    CHECK(split_address("/plant//a", AddressKind::topic) == Levels{"", "plant", "", "a"});
}

TEST_CASE("a room's pattern is folded and its escapes are understood, as rooms' names are") {
    const auto pattern = Pattern::parse("Hall\\201.{name}", Pattern::Kind::room);
    REQUIRE(pattern.has_value());
    CHECK(pattern->match({"hall 1", "x"}));
    CHECK_FALSE(pattern->match({"Hall 1", "x"}));
}

TEST_CASE("what is wrong with a pattern is said") {
    using Kind = Pattern::Kind;
    CHECK(holds(why_not("", Kind::room), "is empty"));
    CHECK(holds(why_not("", Kind::address), "is empty"));
    CHECK(holds(why_not("a..b", Kind::room), "empty level"));
    CHECK(holds(why_not("{name", Kind::room), "not closed"));
    CHECK(holds(why_not("name}", Kind::room), "closes nothing"));
    CHECK(holds(why_not("{}", Kind::room), "is no placeholder"));
    CHECK(holds(why_not("{a b}", Kind::room), "is no placeholder"));
    CHECK(holds(why_not("{{a}}", Kind::room), "is no placeholder"));
    CHECK(holds(why_not("{a}.{a}", Kind::room), "{a} comes twice"));
    CHECK(holds(why_not("{a}{b}", Kind::room), "touch"));
    CHECK(holds(why_not("{a}-{b}", Kind::room), "two placeholders"));
    CHECK(holds(why_not("kitchen 1", Kind::room), "kitchen\\201"));
    CHECK(holds(why_not("a/+", Kind::address), "wildcard"));
    CHECK(holds(why_not("a/#", Kind::address), "wildcard"));
    CHECK(holds(why_not("a/b+/c", Kind::filter), "not a whole level"));
    CHECK(holds(why_not("a/b#", Kind::filter), "not a whole level"));
    CHECK(holds(why_not("a/{x}+", Kind::filter), "not a whole level"));
    CHECK(holds(why_not("a/#/b", Kind::filter), "not the last level"));
    CHECK(holds(why_not("${x}/b", Kind::filter), "begins with $"));
    CHECK(holds(why_not(std::string_view{"a\0b", 3}, Kind::address), "cannot"));
    CHECK(holds(why_not("a/\xff", Kind::filter), "cannot"));
}
