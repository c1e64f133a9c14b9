#include "mapping/mapper.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>

#include "mapping/pattern.hpp"
#include "mapping/rules.hpp"
#include "mapping/seal.hpp"

using namespace mucbridge;

namespace {

std::shared_ptr<const Mapper> make(std::vector<RuleConfig> rules) {
    Config config;
    config.rules = std::move(rules);
    return Mapper::make(config, std::make_shared<Seal>(std::string(32, 'k'), "gw-1")).value();
}

std::string write_of(const Mapper& mapper, std::string_view room) { return mapper.bind(room).value().write; }

std::string why_not(const Mapper& mapper, std::string_view room) {
    const auto binding = mapper.bind(room);
    return binding ? "" : binding.error().text;
}

/// "main:room" for each room that the address feeds, joined by commas.
std::string fed_by(const Mapper& mapper, std::string_view address, std::string_view broker = "main") {
    std::string text;
    for (const auto& binding : mapper.rooms_fed_by(broker, address))
        text += (text.empty() ? "" : ",") + binding.room;
    return text;
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("by default room foo.bar is topic foo/bar, both ways (K2)") {
    const auto mapper = make({});
    const auto binding = mapper->bind("foo.bar").value();
    CHECK(binding.room == "foo.bar");
    CHECK(binding.rule == 0);
    CHECK(binding.broker == "main");
    CHECK(binding.write == "foo/bar");
    CHECK(binding.read == std::vector<std::string>{"foo/bar"});
    CHECK(binding.qos == 1);
    CHECK_FALSE(binding.retain);
    CHECK(binding.payload == PayloadKind::text);
    CHECK(binding.reads_own);
    CHECK(fed_by(*mapper, "foo/bar") == "foo.bar");
    CHECK(write_of(*mapper, "muc-test") == "muc-test");
    CHECK(fed_by(*mapper, "foo/bar", "another") == "");
}

TEST_CASE("what a JID must escape comes back exactly [XEP-0106]") {
    const auto mapper = make({});
    CHECK(write_of(*mapper, "sensors.kitchen\\201") == "sensors/kitchen 1");
    CHECK(write_of(*mapper, "user\\40host.c\\3a") == "user@host/c:");
    CHECK(write_of(*mapper, "v1\\2e2") == "v1.2");
    CHECK(write_of(*mapper, "a\\2bc") == "a\\2bc");
    CHECK(fed_by(*mapper, "sensors/kitchen 1") == "sensors.kitchen\\201");
    CHECK(fed_by(*mapper, "v1.2") == "v1\\2e2");
    CHECK(fed_by(*mapper, "a\\20b") == "a\\5c20b");
}

TEST_CASE("a room with a wildcard in its name is refused [MQTT-4.7.1-1]") {
    const auto mapper = make({});
    CHECK(holds(why_not(*mapper, "c++"), "holds +, a wildcard"));
    CHECK(holds(why_not(*mapper, "a.#"), "holds #, a wildcard"));
    CHECK(holds(why_not(*mapper, "#"), "wildcard"));
    CHECK(holds(why_not(*mapper, "+"), "wildcard"));
}

TEST_CASE("a room whose topic would begin with $ is refused [MQTT-4.7.2-1]") {
    const auto mapper = make({});
    for (const auto* room : {"$sys", "$sys.broker", "$share.group.a", "$"})
        CHECK(holds(why_not(*mapper, room), "begins with $"));
    CHECK(write_of(*mapper, "a.$sys") == "a/$sys");
    const auto below = make({pair("{name}", "chat/{name}")});
    CHECK(write_of(*below, "$sys") == "chat/$sys");
    const auto wide = make({pair("{name}", "{name}")});
    CHECK(fed_by(*wide, "$SYS/broker/uptime") == "");
}

TEST_CASE("empty levels, NUL, slashes and over-long names are refused") {
    const auto mapper = make({});
    for (const auto* room : {"a..b", ".a", "a.", "."})
        CHECK(holds(why_not(*mapper, room), "empty level"));
    CHECK_FALSE(mapper->bind("").has_value());
    CHECK_FALSE(mapper->bind(std::string_view{"a\0b", 3}).has_value());
    CHECK_FALSE(mapper->bind("a/b").has_value());
    CHECK_FALSE(mapper->bind("a\xff").has_value());
    CHECK(holds(why_not(*mapper, "a\\2fb"), "holds a /"));
    CHECK(holds(why_not(*mapper, std::string(2000, 'a')), "2000 bytes; want at most 255 (limits/room_bytes)"));
    CHECK(write_of(*mapper, std::string(255, 'a')) == std::string(255, 'a'));
    const auto longest = make({pair("{name}", std::string(65534, 't') + "/{name}")});
    CHECK(holds(why_not(*longest, "a"), "65536 bytes"));
    CHECK(fed_by(*longest, std::string(65534, 't') + "/a") == "");
}

TEST_CASE("a name that is not folded is no room's [RFC 7622 §3.3]") {
    const auto mapper = make({});
    CHECK(holds(why_not(*mapper, "Foo.Bar"), "want \"foo.bar\""));
}

TEST_CASE("a topic with upper case feeds no room, since the room would publish elsewhere") {
    const auto mapper = make({});
    CHECK(fed_by(*mapper, "Sensors/Kitchen") == "");
    CHECK(holds(mapper->explain_address("Sensors/Kitchen"), "\"sensors.kitchen\" is another topic"));
    const auto named = make({pair("kitchen", "Sensors/Kitchen 1"), pair("plant.{line}", "Factory/{line}/Chat")});
    CHECK(fed_by(*named, "Sensors/Kitchen 1") == "kitchen");
    CHECK(write_of(*named, "plant.a") == "Factory/a/Chat");
    CHECK(fed_by(*named, "Factory/a/Chat") == "plant.a");
    CHECK(fed_by(*named, "factory/a/chat") == "");
}

TEST_CASE("a placeholder between other levels is one level") {
    const auto mapper = make({pair("plant.{line}", "factory/{line}/chat")});
    CHECK(write_of(*mapper, "plant.a") == "factory/a/chat");
    CHECK(holds(why_not(*mapper, "plant.a.b"), "no rule matches"));
    CHECK(fed_by(*mapper, "factory/a.b/chat") == "plant.a\\2eb");
    CHECK(fed_by(*mapper, "factory/a/b/chat") == "");
    CHECK(fed_by(*mapper, "factory//chat") == "");
}

TEST_CASE("a placeholder that ends room and address spans levels") {
    const auto mapper = make({pair("{site}.plant.{line}", "{site}/factory/{line}")});
    CHECK(write_of(*mapper, "x.plant.a.b") == "x/factory/a/b");
    CHECK(fed_by(*mapper, "x/factory/a/b") == "x.plant.a.b");
    const auto prefixed = make({pair("p-{name}", "p/{name}")});
    CHECK(write_of(*prefixed, "p-a") == "p/a");
    CHECK_FALSE(prefixed->bind("p-a.b").has_value());
}

TEST_CASE("the first rule that matches wins, both ways") {
    const auto mapper =
        make({pair("lobby", "chat/lobby"), pair("chat.{name}", "talk/{name}"), pair("{name}", "{name}")});
    CHECK(mapper->bind("lobby")->rule == 0);
    CHECK(mapper->bind("chat.lobby")->write == "talk/lobby");
    CHECK(mapper->bind("foo")->rule == 2);
    // chat/lobby is room lobby's; as chat.lobby it would publish to talk/lobby.
    CHECK(fed_by(*mapper, "chat/lobby") == "lobby");
    CHECK(fed_by(*mapper, "talk/lobby") == "chat.lobby,talk.lobby");
    CHECK(fed_by(*mapper, "lobby") == "");
}

TEST_CASE("a refusal is final: no later rule gives the name to another address") {
    const auto mapper = make({pair("{name}", "{name}"), pair("c++", "lang/cpp")});
    CHECK_FALSE(mapper->bind("c++").has_value());
    CHECK(make({pair("c++", "lang/cpp"), pair("{name}", "{name}")})->bind("c++")->write == "lang/cpp");
}

TEST_CASE("a filter feeds one room from many topics") {
    auto config = pair("alarms", "");
    config.read = "plant/+/alarm/#";
    config.write = "plant/operators";
    const auto mapper = make({config});
    const auto binding = mapper->bind("alarms").value();
    CHECK_FALSE(binding.reads_own);
    CHECK(binding.read == std::vector<std::string>{"plant/+/alarm/#"});
    CHECK(fed_by(*mapper, "plant/a/alarm") == "alarms");
    CHECK(fed_by(*mapper, "plant//alarm/fire/now") == "alarms");
    CHECK(fed_by(*mapper, "plant/operators") == "");
    config.write = "plant/x/alarm/ack";
    CHECK(make({config})->bind("alarms")->reads_own);
}

TEST_CASE("a filter that begins with a wildcard is not fed by the broker's own topics [MQTT-4.7.2-1]") {
    auto config = pair("all", "#");
    config.direction = Direction::in;
    const auto mapper = make({config});
    CHECK(fed_by(*mapper, "a/b") == "all");
    CHECK(fed_by(*mapper, "$SYS/broker/uptime") == "");
    CHECK(holds(mapper->explain_address("$SYS/broker/uptime"), "begin with $"));
}

TEST_CASE("a direction leaves out the other one") {
    auto in = pair("in.{name}", "{name}"), out = pair("out.{name}", "{name}");
    in.direction = Direction::in;
    out.direction = Direction::out;
    const auto mapper = make({in, out});
    CHECK(mapper->bind("in.a")->write.empty());
    CHECK(mapper->bind("out.a")->read.empty());
    CHECK_FALSE(mapper->bind("in.a")->reads_own);
    CHECK_FALSE(mapper->bind("out.a")->reads_own);
    CHECK(fed_by(*mapper, "a") == "in.a");
}

TEST_CASE("what is no topic feeds nothing") {
    const auto mapper = make({});
    for (const auto* address : {"", "a/#", "+", "/a", "a/", "a//b", "a\xff", "a\x01"})
        CHECK(fed_by(*mapper, address) == "");
    CHECK(fed_by(*mapper, std::string(70000, 'a')) == "");
    CHECK(fed_by(*mapper, std::string(65535, '/')) == "");
    CHECK(fed_by(*mapper, std::string_view{"a\0b", 3}) == "");
}

TEST_CASE("a map is explained rule by rule") {
    auto logged = pair("log", "log/#");
    logged.direction = Direction::in;
    const auto mapper = make({pair("lobby", "chat/lobby"), logged, pair("{name}", "{name}")});
    CHECK(mapper->explain_room("Lobby") ==
          "room lobby is chat/lobby on broker main, by rule 0\n"
          "\n"
          "rule 0: lobby = chat/lobby\n"
          "    broker     main\n"
          "    direction  both\n"
          "    publishes  chat/lobby\n"
          "    reads      chat/lobby\n"
          "    qos        1\n"
          "    payload    text\n"
          "    persistent where its owner says so\n"
          "    may read   everybody\n"
          "    may write  everybody\n"
          "\n"
          "rule 1: log = log/#\n"
          "    does not match\n"
          "\n"
          "rule 2: {name} = {name}\n"
          "    matches, but rule 0 comes first\n");
    CHECK(holds(mapper->explain_room("kitchen 1"), "Written as a room's name it is kitchen\\201"));
    CHECK(holds(mapper->explain_room("c++"), "refuses"));
    CHECK(holds(mapper->explain_address("log/x"), "topic log/x on broker main feeds room log, by rule 1"));
    CHECK(holds(mapper->explain_address("log/x"), "topic log/x on broker main feeds room log.x, by rule 2"));
    CHECK(holds(mapper->explain_address("lobby"), "would be room lobby, which belongs to rule 0"));
    CHECK(holds(mapper->explain_address("a/+"), "is no topic"));
    CHECK_FALSE(holds(mapper->explain_room("a\x1b[2J"), "\x1b"));
    CHECK_FALSE(holds(mapper->explain_address("a\x1b[2J"), "\x1b"));
}

namespace {

/// Names out of pieces that have gone wrong in other bridges.
std::string make_name(std::mt19937& random, std::string_view separators) {
    static const std::vector<std::string> pieces{"a",
                                                 "b",
                                                 "Z",
                                                 "0",
                                                 "20",
                                                 "2e",
                                                 "5c",
                                                 "2f",
                                                 "\\",
                                                 "\\20",
                                                 "\\",
                                                 " ",
                                                 "@",
                                                 ":",
                                                 "\"",
                                                 "'",
                                                 "<",
                                                 "&",
                                                 "$",
                                                 "+",
                                                 "#",
                                                 "{",
                                                 "}",
                                                 "\\5c",
                                                 "\\2e",
                                                 "\xC3\xA9",
                                                 "\xC3\x9F",
                                                 "\xC4\xB0",
                                                 "e\xCC\x81",
                                                 "\xCC\x81",
                                                 "-",
                                                 "_",
                                                 "\xE2\x84\xAB",
                                                 "\xF0\x9F\x8C\xB9",
                                                 "\x01",
                                                 "\xE2\x80\x8B",
                                                 "\xCD\x85"};
    std::string name;
    for (auto count = 1 + random() % 8; count > 0; --count)
        if (random() % 4 == 0)
            name += separators[random() % separators.size()];
        else
            name += pieces[random() % pieces.size()];
    return name;
}

}  // namespace

TEST_CASE("room to topic to room, and topic to room to topic, lead back, and no two topics give one room (S8)") {
    const auto mapper = make({pair("plant.{line}", "Factory/{line}/chat"), pair("{a}.at.{b}", "{b}/{a}"),
                              pair("s-{x}.{rest}", "s/x{x}x/{rest}"), pair("{name}", "{name}")});
    std::mt19937 random{20260101};
    std::map<std::string, std::string> topic_of, room_of;
    int rooms = 0, topics = 0;
    for (int i = 0; i < 60000; ++i) {
        const auto topic = make_name(random, "/././.");
        for (const auto& binding : mapper->rooms_fed_by("main", topic)) {
            ++topics;
            REQUIRE(binding.write == topic);
            REQUIRE(binding.read == std::vector<std::string>{topic});
            REQUIRE(topic_of.emplace(binding.room, topic).first->second == topic);
        }
        const auto prepared = Jid::prepare_local(make_name(random, "..."));
        const auto room = prepared ? *prepared : std::string{};
        const auto binding = mapper->bind(room);
        if (!binding)
            continue;
        ++rooms;
        REQUIRE(binding->room == room);
        REQUIRE(topic_of.emplace(room, binding->write).first->second == binding->write);
        const auto fed = mapper->rooms_fed_by("main", binding->write);
        REQUIRE(std::count_if(fed.begin(), fed.end(), [&](const Binding& one) { return one.room == room; }) == 1);
    }
    CHECK(rooms > 5000);
    CHECK(topics > 5000);
}
