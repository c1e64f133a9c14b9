#include <doctest/doctest.h>

#include "mapping/mapper.hpp"
#include "mapping/rules.hpp"
#include "mapping/seal.hpp"

using namespace mucbridge;

namespace {

Result<std::shared_ptr<const Mapper>> try_to_make(std::vector<RuleConfig> rules) {
    Config config;
    config.brokers.front().url = "amqp://127.0.0.1";
    config.rules = std::move(rules);
    return Mapper::make(config, std::make_shared<Seal>(std::string(32, 'k'), "gw-1"));
}

std::shared_ptr<const Mapper> make(std::vector<RuleConfig> rules) { return try_to_make(std::move(rules)).value(); }

RuleConfig reading(const std::string& room, const std::string& filter) {
    RuleConfig rule;
    rule.room = room;
    rule.read = filter;
    rule.direction = Direction::in;
    return rule;
}

std::string why_not(const Mapper& mapper, std::string_view room) {
    const auto binding = mapper.bind(room);
    return binding ? "" : binding.error().text;
}

std::string why_no_rule(const RuleConfig& rule) {
    const auto made = try_to_make({rule});
    return made ? "" : made.error().text;
}

std::string fed_by(const Mapper& mapper, std::string_view key) {
    std::string text;
    for (const auto& binding : mapper.rooms_fed_by("main", key))
        text += (text.empty() ? "" : ",") + binding.room;
    return text;
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("at an AMQP broker room foo.bar is routing key foo.bar, both ways (K2)") {
    const auto mapper = make({});
    const auto binding = mapper->bind("foo.bar").value();
    CHECK(binding.kind == AddressKind::routing_key);
    CHECK(binding.write == "foo.bar");
    CHECK(binding.read == std::vector<std::string>{"foo.bar"});
    CHECK(binding.reads_own);
    CHECK(fed_by(*mapper, "foo.bar") == "foo.bar");
    CHECK(fed_by(*mapper, "a/b") == "a\\2fb");
    CHECK(mapper->bind("a\\2fb").value().write == "a/b");
    CHECK(mapper->bind("c++").value().write == "c++");
    CHECK(mapper->bind("$x").value().write == "$x");
}

TEST_CASE("a room's name brings no wildcard, no dot that parts, and no key that is too long [AMQP 0-9-1 §3.1.3.3]") {
    const auto mapper = make({});
    CHECK(holds(why_not(*mapper, "a.*"), "holds *, a wildcard"));
    CHECK(holds(why_not(*mapper, "a#"), "holds #, a wildcard"));
    CHECK(holds(why_not(*mapper, "v1\\2e2"), "holds a . (\\2e), which parts"));
    CHECK(mapper->bind(std::string(255, 'a')).has_value());
    RuleConfig rule;
    rule.topic = "room.{name}";
    CHECK(holds(why_not(*make({rule}), std::string(255, 'a')), "255 are possible"));
    CHECK(fed_by(*mapper, "a.*").empty());
    CHECK(fed_by(*mapper, "a..b").empty());
}

TEST_CASE("a room reads many keys: * is a word, # any number of them, anywhere") {
    const auto mapper = make({reading("alarms", "plant.*.alarm"), reading("errors", "#.error")});
    CHECK(fed_by(*mapper, "plant.a.alarm") == "alarms");
    CHECK(fed_by(*mapper, "plant.a.b.alarm").empty());
    CHECK(fed_by(*mapper, "error") == "errors");
    CHECK(fed_by(*mapper, "plant.a.error") == "errors");
    CHECK(fed_by(*mapper, "error.a").empty());
}

TEST_CASE("a rule's placeholders stand before # or behind it") {
    const auto mapper = make({reading("{site}.{kind}", "{site}.#.{kind}")});
    CHECK(fed_by(*mapper, "north.alarm") == "north.alarm");
    CHECK(fed_by(*mapper, "north.hall.2.alarm") == "north.alarm");
    CHECK(mapper->bind("north.alarm").value().read.front() == "north.#.alarm");
    CHECK(mapper->bind("north.alarm").value().does_read("north.hall.alarm"));
}

TEST_CASE("what a binding key cannot be is an error that says why") {
    CHECK(holds(why_no_rule(reading("a", "#.b.#")), "\"#\" comes twice"));
    CHECK(holds(why_no_rule(reading("a", "b#")), "want \"*\" or \"#\" alone"));
    RuleConfig rule;
    rule.room = "a";
    rule.topic = "a.*";
    CHECK(holds(why_no_rule(rule), "holds a wildcard"));
}

TEST_CASE("a publisher's nick comes from a word of the key") {
    auto rule = reading("alarms", "plant.*.alarm");
    rule.nick = "{topic.1}";
    const auto mapper = make({rule});
    Delivery delivery;
    delivery.address = "plant.boiler.alarm";
    delivery.payload = "hot";
    CHECK(mapper->inbound(mapper->bind("alarms").value(), delivery)->nick == "boiler");
}

TEST_CASE("what a routing key is told by its word") {
    CHECK(holds(make({})->explain_address("a.b"), "routing key a.b on broker main feeds room a.b"));
    CHECK(holds(make({})->explain_address("a.*"), "is no topic and no routing key"));
}
