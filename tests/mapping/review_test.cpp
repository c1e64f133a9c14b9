#include "mapping/review.hpp"

#include <doctest/doctest.h>

#include <chrono>

#include "mapping/mapper.hpp"
#include "mapping/pattern_tree.hpp"
#include "mapping/rules.hpp"

using namespace mucbridge;

namespace {

RuleConfig mirrored(std::string room, std::string topic, std::string mirror) {
    auto config = pair(std::move(room), std::move(topic));
    config.mirrors.emplace_back();
    config.mirrors.back().topic = std::move(mirror);
    return config;
}

std::vector<std::string> review(std::vector<RuleConfig> rules, std::vector<AliasConfig> aliases = {}) {
    Config config;
    config.rules = std::move(rules);
    config.aliases = std::move(aliases);
    std::vector<std::string> texts;
    const auto mapper = Mapper::make(config, nullptr).value();
    for (const auto& finding : mapper->review())
        texts.push_back(std::string(finding.is_error ? "error " : "") + std::to_string(finding.rule) + "/" +
                        finding.key + ": " + finding.text);
    return texts;
}

using Texts = std::vector<std::string>;

Pattern pattern(const std::string& text, bool spans = false) {
    auto parsed = Pattern::parse(text, Pattern::Kind::filter).value();
    if (spans)
        parsed.span_last();
    return parsed;
}

}  // namespace

TEST_CASE("a rule whose rooms an earlier one takes all is never reached") {
    CHECK(review({pair("{name}", "{name}"), pair("lobby", "hall/lobby")}) ==
          Texts{"1/room: is never reached: rule 0 ({name} = {name}) takes all of its rooms"});
    CHECK(review({pair("plant.{x}", "a/{x}/b"), pair("plant.s-{y}", "c/{y}/d"), pair("plant.{y}.z", "e/{y}")}).size() ==
          1);
    CHECK(review({pair("s-{x}", "a/{x}"), pair("{name}", "b/{name}/c")}).empty());
    CHECK(review({pair("{a}.{b}", "a/{a}/{b}/c"), pair("x.{b}", "d/{b}")}).empty());
    CHECK(review({pair("lobby", "a"), pair("lobby", "b"), pair("lobby", "c")}).size() == 2);
}

TEST_CASE("a rule for a room that is an alias of another is never reached") {
    const auto texts =
        review({pair("kitchen", "a/b"), pair("{name}", "home/{name}")}, {{"kitchen", "Sensors/Kitchen 1"}});
    REQUIRE(texts.size() == 1);
    CHECK(texts.front().find("0/room: is never reached: it would need room \"kitchen\", which stands for") == 0);
}

TEST_CASE("two rooms that publish to one address are told, with both their names (S9)") {
    CHECK(review({pair("plant.{line}", "factory/{line}/chat"), pair("{name}", "{name}")}) ==
          Texts{"1/write: room factory.x.chat publishes to factory/x/chat on broker main, as room plant.x of rule 0 "
                "(plant.{line} = factory/{line}/chat) does"});
    CHECK(review({pair("a", "x/y"), pair("b", "x/y")}).size() == 1);
    CHECK(review({pair("a", "x/y"), pair("{name}", "z/{name}")}).empty());
    CHECK(review({pair("a.{x}", "x{x}/y"), pair("b.{x}", "{x}z/y")}).size() == 1);

    CHECK(review({mirrored("plant.{x}", "Plant/{x}", "copy/{x}"), pair("{name}", "{name}")}) ==
          Texts{"1/write: room copy.x publishes to copy/x on broker main, as room plant.x of rule 0 (plant.{x} = "
                "Plant/{x}) does"});

    auto closed = pair("ops", "factory/ops");
    closed.who = {{"ops-*@example.org"}, {"ops-*@example.org"}, true};
    auto open = pair("{name}", "{name}");
    open.who = {{"*"}, {"*"}, true};
    const auto texts = review({closed, open});
    REQUIRE(texts.size() == 1);
    CHECK(texts.front().find("whom one rule's who leaves out, the other's may let in") != std::string::npos);
}

TEST_CASE("a rule in between that takes the other room ends the finding") {
    auto nobody = pair("factory.{rest}", "factory/{rest}");
    nobody.who.configured = true;
    CHECK(review({nobody, pair("plant.{line}", "factory/{line}/chat"), pair("{name}", "{name}")}).empty());
    CHECK(review({pair("plant.{line}", "factory/{line}/chat"), nobody, pair("{name}", "{name}")}).empty());
    // A capital letter is in no room's name.
    CHECK(review({pair("plant.{line}", "Factory/{line}/chat"), pair("{name}", "{name}")}).empty());
}

TEST_CASE("a rule that publishes all its rooms to one address is told") {
    auto log = pair("log.{x}", "");
    log.write = "log";
    log.direction = Direction::out;
    CHECK(review({log}) == Texts{"0/write: without {x} every room of this rule publishes to one address: log"});
}

TEST_CASE("two rules whose mirrors are each other's homes are an error (S4)") {
    CHECK(review({mirrored("a.{x}", "H/{x}", "M/{x}"), mirrored("b.{y}", "M/{y}", "H/{y}")}) ==
          Texts{"error 1/mirrors: lines would go round: room b.x and room a.x of rule 0 (a.{x} = H/{x}) both join M/x "
                "on broker main and H/x on broker main"});
    // One address in common joins three, and makes no circle.
    CHECK(review({mirrored("a.{x}", "H/{x}", "M/{x}"), mirrored("b.{y}", "N/{y}", "H/{y}")}) ==
          Texts{"1/write: room b.x publishes to H/x on broker main, as room a.x of rule 0 (a.{x} = H/{x}) does"});
    CHECK(review({mirrored("a.{x}", "H/1/{x}", "M/1/{x}"), mirrored("b.{y}", "M/2/{y}", "H/2/{y}")}).empty());
}

TEST_CASE("ten thousand rules are reviewed in time, however they meet") {
    const auto seconds_for = [](auto make) {
        std::vector<RuleConfig> rules;
        for (int i = 0; i < 10000; ++i)
            rules.push_back(make(std::to_string(i)));
        rules.push_back(pair("{name}", "{name}"));
        const auto start = std::chrono::steady_clock::now();
        review(rules);
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    CHECK(seconds_for([](const std::string& i) { return pair("plant.line" + i, "factory/line" + i); }) < 60);
    CHECK(seconds_for([](const std::string&) { return pair("{x}", "{x}"); }) < 60);
    CHECK(seconds_for([](const std::string& i) {
              return mirrored("p" + i + ".{x}.{y}", "q" + i + "/{x}/{y}", "{x}/{y}/m");
          }) < 60);
}

TEST_CASE("what two patterns have in common is found") {
    CHECK(find_common(pattern("a/{x}"), pattern("{y}/b")) == Levels{"a", "b"});
    CHECK(find_common(pattern("ab{x}/+"), pattern("a{y}c/{z}")) == Levels{"abxc", "x"});
    CHECK(find_common(pattern("a/#"), pattern("a")) == Levels{"a"});
    CHECK(find_common(pattern("{x}", true), pattern("a/b/{c}")) == Levels{"a", "b", "x"});
    CHECK_FALSE(find_common(pattern("{x}"), pattern("a/b")).has_value());
    CHECK_FALSE(find_common(pattern("a{x}"), pattern("b{x}")).has_value());
    CHECK_FALSE(find_common(pattern("a{x}"), pattern("a")).has_value());
}

TEST_CASE("a tree finds the patterns that asking each would find") {
    std::vector<Pattern> all;
    for (const auto* text : {"a", "a/b", "a/{x}", "{x}/b", "{x}/{y}", "a{x}/b", "{x}c/b", "a/#", "#", "+/b", "a/b/c",
                             "{x}", "ab{x}/{y}", "+/+"}) {
        all.push_back(pattern(text));
        if (all.back().last_placeholder())
            all.push_back(pattern(text, true));
    }
    PatternTree tree;
    for (std::size_t i = 0; i < all.size(); ++i)
        tree.add(all[i], i);
    int meetings = 0, wider_ones = 0;
    for (const auto& one : all) {
        std::vector<bool> meets(all.size()), is_wider(all.size());
        tree.find_meeting(one, [&](std::size_t id) { return meets[id] = true; });
        tree.find_wider(one, [&](std::size_t id) { return is_wider[id] = true; });
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto common = find_common(one, all[i]);
            CHECK(meets[i] == common.has_value());
            meetings += meets[i];
            wider_ones += is_wider[i];
            if (common) {
                CHECK(one.match(*common).has_value());
                CHECK(all[i].match(*common).has_value());
            }
            // What is wider matches the odd names of the narrower one, not only the common ones.
            if (is_wider[i])
                for (const Levels& name : {Levels{"a"}, Levels{"a", "b"}, Levels{"abc", "b"}, Levels{"a", "b", "c"},
                                           Levels{"zz", "yy", "xx"}, Levels{"zz", "b"}})
                    CHECK((!one.match(name) || all[i].match(name)));
        }
    }
    CHECK(meetings > 100);
    CHECK(wider_ones > 30);
}
