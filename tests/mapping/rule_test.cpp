#include "mapping/rule.hpp"

#include <doctest/doctest.h>

#include "mapping/rules.hpp"

using namespace mucbridge;

namespace {

const std::vector<BrokerConfig> one_broker{BrokerConfig{}};

/// The error of the third rule, "" where there is none.
std::string why_not(const RuleConfig& config, const std::vector<BrokerConfig>& brokers = one_broker) {
    const auto rule = Rule::make(config, 2, brokers);
    return rule ? "" : rule.error().text;
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("an error of a rule names its path and what is wanted") {
    CHECK(why_not(pair("{name}", "{other}")) == "/rules/2/topic: {other} is not in the room's pattern");
    CHECK(holds(why_not(pair("{name", "{name}")), "/rules/2/room: "));
    CHECK(holds(why_not(pair("{a}{b}", "{a}/{b}")), "/rules/2/room: "));
    CHECK(holds(why_not(pair("{a}.{a}", "{a}")), "/rules/2/room: "));
    CHECK(holds(why_not(pair("{a}", "{a}/{a}")), "/rules/2/topic: "));
    CHECK(holds(why_not(pair("{a}", "")), "/rules/2/topic: want a topic"));
    CHECK(holds(why_not(pair("", "x")), "/rules/2/room: is empty"));
    CHECK(holds(why_not(pair("lobby", "a/#")), "/rules/2/topic: "));
    CHECK(holds(why_not(pair("lobby", "a/#")), "want \"write\" an address"));

    auto config = pair("lobby", "a");
    config.write = "b/+";
    CHECK(holds(why_not(config), "/rules/2/write: "));
    config.write = "b";
    config.read = "a/#/b";
    CHECK(holds(why_not(config), "/rules/2/read: "));
    config.read = "a/#";
    CHECK(why_not(config).empty());
    config.nick = "{topic.one}";
    CHECK(holds(why_not(config), "/rules/2/nick: "));
}

TEST_CASE("a placeholder of the room must be in what is read, for an address tells its rooms") {
    auto config = pair("{name}", "{name}");
    config.read = "announcements";
    CHECK(holds(why_not(config), "/rules/2/read: {name} of the room's pattern is missing"));
    config = pair("{name}", "log");
    config.direction = Direction::out;
    CHECK(why_not(config).empty());
}

TEST_CASE("what is the broker's own is neither published to nor shared") {
    CHECK(holds(why_not(pair("x", "$share/group/a")), "/rules/2/topic: a shared subscription"));
    CHECK(holds(why_not(pair("x", "$SYS/broker")), "\"direction\": \"in\""));
    auto config = pair("x", "$SYS/broker/#");
    config.direction = Direction::in;
    CHECK(why_not(config).empty());
    config.read = "$share/group/a/#";
    CHECK(holds(why_not(config), "/rules/2/read: a shared subscription"));
    CHECK(holds(why_not(pair("{x}", "${x}")), "/rules/2/topic: "));
}

TEST_CASE("a rule's broker is the only one, or main, or the one it names") {
    BrokerConfig main, other, amqp;
    other.name = "plant";
    other.url = "mqtts://user:secret@plant.example.org";
    amqp.name = "bunny";
    amqp.url = "stomp://user:secret@localhost";
    auto config = pair("x", "y");
    CHECK(Rule::make(config, 0, {other})->home.broker == "plant");
    CHECK(Rule::make(config, 0, {other, main})->home.broker == "main");
    config.broker = "plant";
    CHECK(Rule::make(config, 0, {main, other})->home.broker == "plant");
    config.broker = "";
    CHECK(why_not(config, {other, amqp}) == "/rules/2/broker: there is no broker \"main\"; want one of: plant, bunny");
    CHECK(holds(why_not(config, {}), "/rules/2/broker: "));
    config.broker = "bunny";
    CHECK(holds(why_not(config, {main, amqp}), "speaks \"stomp\""));
    CHECK_FALSE(holds(why_not(config, {main, amqp}), "secret"));
}
