#include "mapping/who.hpp"

#include <doctest/doctest.h>

#include <random>

#include "mapping/mapper.hpp"

using namespace mucbridge;

namespace {

bool selects(std::string_view pattern, std::string_view jid) {
    return JidPattern::parse(pattern).value().matches(Jid::parse(jid).value());
}

std::string why_not(std::string_view pattern) {
    const auto parsed = JidPattern::parse(pattern);
    return parsed ? "" : parsed.error().text;
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a star alone is anybody, a server's own address too") {
    CHECK(selects("*", "romeo@example.org"));
    CHECK(selects("*", "example.org"));
}

TEST_CASE("localpart and domain are matched apart, each with its own stars (S9)") {
    CHECK(selects("romeo@example.org", "romeo@example.org"));
    CHECK(selects("*@example.org", "romeo@example.org"));
    CHECK(selects("ops-*@example.org", "ops-romeo@example.org"));
    CHECK(selects("ops-*@example.org", "ops-@example.org"));
    CHECK(selects("*-ops-*@*.example.org", "a-ops-b@plant.example.org"));
    CHECK(selects("a*b*c@x*", "a-b-b-c@xyz"));
    CHECK(selects("*@*", "romeo@example.org"));
    CHECK(selects("*@[::1]", "romeo@[::1]"));

    CHECK_FALSE(selects("romeo@example.org", "juliet@example.org"));
    CHECK_FALSE(selects("romeo@example.org", "romeo@example.com"));
    CHECK_FALSE(selects("ops-*@example.org", "xops-romeo@example.org"));
    CHECK_FALSE(selects("*@example.org", "romeo@evil-example.org"));
    CHECK_FALSE(selects("*@example.org", "romeo@example.org.evil.net"));
    CHECK_FALSE(selects("*@*.example.org", "romeo@example.org"));
    CHECK_FALSE(selects("*@*.example.org", "romeo@evilexample.org"));
    CHECK_FALSE(selects("aa*aa@x", "aaa@x"));
    CHECK_FALSE(selects("a*b*c@x", "a-c-b@x"));
}

TEST_CASE("no star reaches across the @, and who has no localpart is nobody's user (S9)") {
    CHECK_FALSE(selects("ops*org@example.org", "ops-romeo@example.org"));
    CHECK_FALSE(selects("*@example.org", "example.org"));
    CHECK_FALSE(selects("*@*", "example.org"));
}

TEST_CASE("patterns are prepared as JIDs are [RFC 7622 §3]") {
    CHECK(selects("Ops-*@Example.ORG", "ops-romeo@example.org"));
    CHECK(selects("*@example.org.", "romeo@example.org"));
    CHECK(
        selects("STRA\xC3\x9F"
                "E-*@x",
                "strasse-1@x"));
    CHECK(selects("*@\xEF\xBC\xA5xample.org", "romeo@example.org"));
}

TEST_CASE("a pattern covers the domains where it matches somebody") {
    CHECK(JidPattern::parse("*")->covers("localhost"));
    CHECK(JidPattern::parse("ops-*@*")->covers("localhost"));
    CHECK(JidPattern::parse("ops-*@local*")->covers("localhost"));
    CHECK_FALSE(JidPattern::parse("*@example.org")->covers("localhost"));
}

TEST_CASE("what is no pattern is refused in words") {
    CHECK(why_not("example.org") ==
          "want * (anybody) or localpart@domain, such as ops-*@example.org, got \"example.org\"");
    CHECK(holds(why_not(""), "got \"\""));
    CHECK(holds(why_not("**"), "got \"**\""));
    CHECK(holds(why_not("@example.org"), "the localpart is empty"));
    CHECK(holds(why_not("romeo@"), "the domain is empty"));
    CHECK(holds(why_not("romeo@example.org/orchard"), "bare JIDs have no /resource"));
    CHECK(holds(why_not("a@b@c"), "domain"));
    CHECK(holds(why_not("a b@c"), "localpart"));
    CHECK(holds(why_not("a@b..c"), "empty label"));
    CHECK(holds(why_not("a@*..c"), "empty label"));
    CHECK_FALSE(why_not("a\xff*@b").empty());
    CHECK_FALSE(why_not(std::string(5000, 'a') + "*@b").empty());
    CHECK(why_not(std::string(5000, 'a')).size() < 400);
}

TEST_CASE("a pattern of many stars is matched in time, whatever it is matched against") {
    std::string stars;
    for (int i = 0; i < 500; ++i)
        stars += "*a";
    const auto pattern = JidPattern::parse(stars + "b@x").value();
    CHECK_FALSE(pattern.matches({std::string(1023, 'a'), "x", ""}));
}

TEST_CASE("a match by pieces is what trying every way finds") {
    const auto matches_slowly = [](auto&& self, std::string_view pattern, std::string_view text) -> bool {
        if (pattern.empty())
            return text.empty();
        if (pattern.front() == '*')
            return self(self, pattern.substr(1), text) || (!text.empty() && self(self, pattern, text.substr(1)));
        return !text.empty() && text.front() == pattern.front() && self(self, pattern.substr(1), text.substr(1));
    };
    std::mt19937 random{20260102};
    const auto make = [&random](std::string_view letters) {
        std::string text;
        for (auto count = 1 + random() % 7; count > 0; --count)
            text += letters[random() % letters.size()];
        return text;
    };
    int matched = 0;
    for (int i = 0; i < 20000; ++i) {
        const auto pattern = make("ab**"), text = make("ab");
        CAPTURE(pattern);
        CAPTURE(text);
        const auto expected = matches_slowly(matches_slowly, pattern, text);
        matched += expected;
        REQUIRE(JidPattern::parse(pattern + "@x").value().matches({text, "x", ""}) == expected);
    }
    CHECK(matched > 1000);
}

TEST_CASE("a rule says who may read and who may write; without who everybody may (S9)") {
    Config config;
    config.rules.resize(3);
    config.rules[0].room = config.rules[0].topic = "ops";
    config.rules[0].who = {{"*@example.org"}, {"ops-*@example.org", "admin@example.org"}, true};
    config.rules[1].room = config.rules[1].topic = "closed";
    config.rules[1].who.configured = true;
    config.rules[2].topic = "{name}";
    const auto mapper = Mapper::make(config, nullptr).value();
    const auto ops = mapper->bind("ops").value(), closed = mapper->bind("closed").value(),
               open = mapper->bind("open").value();
    const Jid romeo{"romeo", "example.org", ""}, ops_romeo{"ops-romeo", "example.org", ""},
        stranger{"ops-romeo", "example.com", ""};
    CHECK(mapper->may_read(ops, romeo));
    CHECK_FALSE(mapper->may_write(ops, romeo));
    CHECK(mapper->may_write(ops, ops_romeo));
    CHECK_FALSE(mapper->may_read(ops, stranger));
    CHECK_FALSE(mapper->may_write(ops, stranger));
    CHECK_FALSE(mapper->may_read(closed, ops_romeo));
    CHECK_FALSE(mapper->may_write(closed, ops_romeo));
    CHECK(mapper->may_read(open, stranger));
    CHECK(mapper->may_write(open, stranger));
    auto gone = open;
    gone.rule = 3;
    CHECK_FALSE(mapper->may_read(gone, romeo));
    CHECK_FALSE(mapper->may_write(gone, romeo));

    config.rules[0].who.write.emplace_back("example.org");
    CHECK(Mapper::make(config, nullptr).error().text.find("/rules/0/who/write/2: want * (anybody)") == 0);
}
