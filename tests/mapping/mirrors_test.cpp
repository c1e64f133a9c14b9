#include <doctest/doctest.h>

#include "mapping/mapper.hpp"
#include "mapping/rules.hpp"
#include "mapping/seal.hpp"

using namespace mucbridge;

namespace {

BrokerConfig broker(std::string name) {
    BrokerConfig config;
    config.name = std::move(name);
    config.url = "memory:";
    return config;
}

MirrorConfig mirror(std::string topic, std::string broker = {}) {
    MirrorConfig config;
    config.topic = std::move(topic);
    config.broker = std::move(broker);
    return config;
}

RuleConfig rule(std::string room, std::string topic, std::vector<MirrorConfig> mirrors) {
    auto config = pair(std::move(room), std::move(topic));
    config.broker = "main";
    config.mirrors = std::move(mirrors);
    return config;
}

Result<std::shared_ptr<const Mapper>> make(std::vector<RuleConfig> rules, std::string origin = "gw-1") {
    Config config;
    config.brokers = {broker("main"), broker("east")};
    config.rules = std::move(rules);
    return Mapper::make(config, std::make_shared<Seal>(std::string(32, 'k'), std::move(origin)));
}

std::string why_not(std::vector<RuleConfig> rules) {
    const auto made = make(std::move(rules));
    return made ? "" : made.error().text;
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

Said example() {
    const WallTime noon{std::chrono::milliseconds{1'795'348'800'123}};
    Line line{"client-1", "01936f2c-5b3e-7c1a-9d4e-0f6a7b8c9d0e", "", "But soft", {}, {}};
    return {std::move(line), "romeo", {"a", "rooms.localhost", "romeo"}, {"a", "rooms.localhost", ""}, noon, noon};
}

Delivery carry(const Publication& publication) {
    return {publication.address,      publication.payload,   publication.qos, false, false,
            publication.content_type, publication.properties};
}

}  // namespace

TEST_CASE("a mirror's address is filled in as home's is, aliases and escapes too (S8)") {
    auto second = mirror("", "");
    second.write = "log/{line}";
    second.read = "ack/+/{line}/#";
    second.qos = 2;
    second.retain = true;
    second.payload = PayloadKind::json;
    const auto mapper = make({rule("plant.{line}", "factory/{line}/chat", {mirror("East/{line}", "east"), second})});
    const auto binding = mapper.value()->bind("plant.hall\\201").value();
    REQUIRE(binding.mirrors.size() == 2);
    const auto& east = binding.mirrors[0];
    CHECK(east.broker == "east");
    CHECK(east.write == "East/hall 1");
    CHECK(east.read == std::vector<std::string>{"East/hall 1"});
    CHECK(east.reads_own);
    CHECK(east.qos == 1);
    CHECK(east.payload == PayloadKind::text);
    const auto& log = binding.mirrors[1];
    CHECK(log.broker == "main");
    CHECK(log.write == "log/hall 1");
    CHECK(log.read == std::vector<std::string>{"ack/+/hall 1/#"});
    CHECK_FALSE(log.reads_own);
    CHECK(log.qos == 2);
    CHECK(log.retain);
    CHECK(log.payload == PayloadKind::json);
}

TEST_CASE("a room is fed by its mirrors too, once by each address") {
    const auto mapper = make({rule("lobby", "hall/lobby", {mirror("East/Lobby", "east")}),
                              rule("{name}", "{name}", {mirror("x/{name}", "east")})})
                            .value();
    const auto fed = [&](std::string_view name, std::string_view address) {
        std::string rooms;
        for (const auto& binding : mapper->rooms_fed_by(name, address))
            rooms += (rooms.empty() ? "" : ",") + binding.room;
        return rooms;
    };
    CHECK(fed("east", "East/Lobby") == "lobby");
    CHECK(fed("main", "East/Lobby") == "");
    CHECK(fed("east", "x/a/b") == "a.b");
    CHECK(fed("main", "a/b") == "a.b");
    CHECK(fed("main", "hall/lobby") == "lobby,hall.lobby");
    CHECK(fed("east", "x/lobby") == "");
    CHECK(holds(mapper->explain_address("x/a"), "topic x/a on broker east feeds room a, by mirror 0 of rule 1\n"));
    CHECK(holds(mapper->explain_room("lobby"),
                "    mirror 0\n"
                "        broker     east\n"
                "        direction  both\n"
                "        publishes  East/Lobby\n"));
}

TEST_CASE("one delivery is one line: home is asked before the mirrors") {
    auto wide = mirror("", "main");
    wide.read = "hall/#";
    wide.direction = Direction::in;
    auto config = rule("lobby", "hall/lobby", {mirror("lobby", "east"), wide});
    config.topic.clear();
    config.write = "lobby/said";
    config.read = "hall/lobby";
    const auto binding = make({config}).value()->bind("lobby").value();
    CHECK_FALSE(find_source(binding, "main", "hall/lobby")->mirror.has_value());
    CHECK(find_source(binding, "main", "hall/other")->mirror == 1);
    CHECK(find_source(binding, "east", "lobby")->mirror == 0);
    CHECK_FALSE(find_source(binding, "east", "hall/lobby").has_value());
    CHECK_FALSE(find_source(binding, "main", "lobby").has_value());
    // Where each filter brings it: once all the same.
    CHECK(find_source(binding, "main", "hall/lobby", "hall/lobby").has_value());
    CHECK_FALSE(find_source(binding, "main", "hall/lobby", "hall/#").has_value());
    CHECK(find_source(binding, "main", "hall/other", "hall/#")->mirror == 1);
}

TEST_CASE("a mirror's line is sealed over the mirror's address, and holds on no other (S9)") {
    for (const auto payload : {PayloadKind::text, PayloadKind::json}) {
        auto east = mirror("East/{name}", "east");
        east.payload = payload;
        auto config = rule("{name}", "{name}", {east});
        config.payload = payload;
        const auto mapper = make({config}).value();
        const auto binding = mapper->bind("a").value();
        const auto publication = mapper->outbound_mirror(binding, 0, example());
        CHECK(publication.address == "East/a");
        auto delivery = carry(publication);
        const auto heard = mapper->inbound_mirror(binding, 0, delivery).value();
        CHECK(heard.sealed);
        CHECK(heard.mirror == 0);
        CHECK(heard.nick == "romeo");
        CHECK(heard.body == "But soft");
        CHECK(heard.id == "01936f2c-5b3e-7c1a-9d4e-0f6a7b8c9d0e");
        // Carried to home by a stranger it is a stranger's line.
        delivery.address = "a";
        CHECK_FALSE(mapper->inbound(binding, delivery)->sealed);
        CHECK_FALSE(mapper->inbound(binding, delivery)->mirror.has_value());
        delivery = carry(mapper->outbound(binding, example()));
        delivery.address = "East/a";
        CHECK_FALSE(mapper->inbound_mirror(binding, 0, delivery)->sealed);
    }
}

TEST_CASE("a mirror's publishers are named by themselves or by the mirror's broker, not by home's template") {
    auto config = rule("{name}", "{name}", {mirror("East/{name}", "east")});
    config.nick = "line {topic.0}";
    const auto mapper = make({config}).value();
    const auto binding = mapper->bind("a").value();
    const auto heard = [&](std::string address, std::vector<std::pair<std::string, std::string>> properties = {}) {
        const Delivery delivery{std::move(address), "x", 1, false, false, {}, std::move(properties)};
        return find_source(binding, "main", delivery.address) ? mapper->inbound(binding, delivery)
                                                              : mapper->inbound_mirror(binding, 0, delivery);
    };
    CHECK(heard("a")->nick == "line a");
    CHECK(heard("East/a")->nick == "east");
    CHECK(heard("East/a", {{"nick", "plc-3"}})->nick == "plc-3");
    CHECK_FALSE(mapper->inbound_mirror(binding, 0, {"East/a", "", 1, true, false, {}, {}}).has_value());
}

TEST_CASE("an error of a mirror names its path") {
    CHECK(why_not({rule("{a}", "{a}", {mirror("x/{a}"), mirror("{b}")})}) ==
          "/rules/0/mirrors/1/topic: {b} is not in the room's pattern");
    CHECK(holds(why_not({rule("{a}", "{a}", {mirror("x")})}), "/rules/0/mirrors/0/topic: {a} of the room's pattern"));
    CHECK(holds(why_not({rule("a", "a", {mirror("x", "west")})}), "/rules/0/mirrors/0/broker: there is no broker"));
    CHECK(holds(why_not({rule("a", "a", {mirror("x/#")})}), "/rules/0/mirrors/0/topic: "));
    CHECK(holds(why_not({rule("a", "a", {mirror("$SYS/x")})}), "/rules/0/mirrors/0/topic: $SYS/"));
    CHECK(holds(why_not({rule("a", "a", {mirror("$share/g/x")})}), "/rules/0/mirrors/0/topic: a shared"));
    auto inward = rule("a", "a", {mirror("x")});
    inward.direction = Direction::in;
    CHECK(holds(why_not({inward}), "/rules/0/mirrors/0/direction: what a mirror delivers is published home first"));
    inward.mirrors[0].direction = Direction::out;
    CHECK(why_not({inward}).empty());
}

TEST_CASE("a mirror that is home or another mirror is refused by path (S4)") {
    CHECK(why_not({rule("{a}", "x/{a}", {mirror("x/{a}")})}) ==
          "/rules/0/mirrors/0: publishes to x/{a} on broker main, as its home does");
    CHECK(why_not({rule("{a}", "{a}", {mirror("x/{a}"), mirror("x/{a}", "main")})}) ==
          "/rules/0/mirrors/1: publishes to x/{a} on broker main, as mirror 0 does");
    CHECK(why_not({rule("{a}", "{a}", {mirror("{a}", "east")})}).empty());
    auto one = mirror("alarms/#"), other = one;
    one.direction = other.direction = Direction::in;
    CHECK(why_not({rule("a", "a", {one, other})}) ==
          "/rules/0/mirrors/1: reads alarms/# on broker main, as mirror 0 does");
}

TEST_CASE("a mirror whose lines would go round is refused by path (S4)") {
    auto wide = rule("a", "", {mirror("hall/b")});
    wide.read = "hall/#";
    wide.write = "said";
    CHECK(why_not({wide}) == "/rules/0/mirrors/0: publishes to hall/b on broker main, which its home reads");
    auto listens = mirror("");
    listens.read = "hall/#";
    listens.direction = Direction::in;
    CHECK(why_not({rule("a", "hall/a", {listens})}) ==
          "/rules/0/mirrors/0: reads hall/a on broker main, which its home publishes to");
    listens.broker = "east";
    CHECK(why_not({rule("a", "hall/a", {listens})}).empty());
}

TEST_CASE("a room whose mirror would be its home is refused in words, and the rule's other rooms are not (S4)") {
    const auto mapper = make({rule("{a}.at.{b}", "{a}/{b}", {mirror("{b}/{a}")})}).value();
    CHECK(mapper->bind("p.at.q")->mirrors[0].write == "q/p");
    CHECK(mapper->bind("p.at.p").error().text ==
          "room \"p.at.p\" is refused: mirror 0 publishes to p/p on broker main, as its home does");
}

TEST_CASE("no room's name puts a wildcard or a $ into a mirror [MQTT-4.7.1-1, MQTT-4.7.2-1]") {
    const auto mapper = make({rule("{a}", "x/{a}", {mirror("{a}", "east")})}).value();
    CHECK(holds(mapper->bind("c++").error().text, "wildcard"));
    CHECK(mapper->bind("$sys.x").error().text ==
          "room \"$sys.x\" is refused: mirror 0 begins with $; such topics are the broker's own");
    CHECK(mapper->bind("a.$sys")->mirrors[0].write == "a/$sys");
    CHECK(mapper->rooms_fed_by("east", "$SYS/broker").empty());
    CHECK(mapper->rooms_fed_by("east", "a/#").empty());
}

TEST_CASE("a placeholder spans levels where it ends home and every mirror that names it") {
    const auto narrow = make({rule("{a}", "{a}", {mirror("x/{a}/chat", "east")})}).value();
    CHECK_FALSE(narrow->bind("a.b").has_value());
    CHECK(narrow->bind("a")->mirrors[0].write == "x/a/chat");
}
