#include "mapping/aliases.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>

#include "core/jid.hpp"
#include "mapping/mapper.hpp"
#include "mapping/rules.hpp"

using namespace mucbridge;

namespace {

std::shared_ptr<const Mapper> make(std::vector<AliasConfig> aliases, std::vector<RuleConfig> rules = {}) {
    Config config;
    config.rules = std::move(rules);
    config.aliases = std::move(aliases);
    return Mapper::make(config, nullptr).value();
}

std::string why_not(std::vector<AliasConfig> aliases) {
    const auto made = Aliases::make(aliases);
    return made ? "" : made.error().text;
}

std::string why_no_room(const Mapper& mapper, std::string_view room) {
    const auto binding = mapper.bind(room);
    return binding ? "" : binding.error().text;
}

std::vector<std::string> fed_by(const Mapper& mapper, std::string_view address) {
    std::vector<std::string> rooms;
    for (const auto& binding : mapper.rooms_fed_by("main", address))
        rooms.push_back(binding.room);
    return rooms;
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

using Rooms = std::vector<std::string>;

}  // namespace

TEST_CASE("a topic that no room's name can spell comes back exactly through its alias (S8)") {
    const auto mapper = make({{"kitchen", "Sensors/Kitchen 1"}, {"c++", "lang/c.p.p"}});
    CHECK(mapper->bind("kitchen")->write == "Sensors/Kitchen 1");
    CHECK(fed_by(*mapper, "Sensors/Kitchen 1") == Rooms{"kitchen"});
    CHECK(mapper->bind("c++")->write == "lang/c.p.p");
    CHECK(fed_by(*mapper, "lang/c.p.p") == Rooms{"c++"});
    // Nothing else is captured: not the same letters, not the level above, not the alias's own name as a topic.
    CHECK(fed_by(*mapper, "sensors/kitchen 1") == Rooms{"sensors.kitchen\\201"});
    CHECK(fed_by(*mapper, "Sensors").empty());
    CHECK(fed_by(*mapper, "Sensors/Kitchen 1/x").empty());
    CHECK(fed_by(*mapper, "kitchen").empty());
    CHECK(holds(mapper->explain_address("kitchen"), "room \"kitchen\", which stands for \"Sensors/Kitchen 1\" here"));
    CHECK(holds(mapper->explain_room("Kitchen"), "alias of   Sensors/Kitchen 1"));
}

TEST_CASE("rules apply to what an alias stands for") {
    const auto mapper = make({{"kitchen", "Sensors/Kitchen 1"}, {"linea", "plant/Line A"}},
                             {pair("plant.{line}", "factory/{line}/chat"), pair("{name}", "home/{name}")});
    CHECK(mapper->bind("kitchen")->write == "home/Sensors/Kitchen 1");
    CHECK(fed_by(*mapper, "home/Sensors/Kitchen 1") == Rooms{"kitchen"});
    CHECK(mapper->bind("linea")->write == "factory/Line A/chat");
    CHECK(mapper->bind("linea")->rule == 0);
    CHECK(fed_by(*mapper, "factory/Line A/chat") == Rooms{"linea"});
}

TEST_CASE("an address has one room: its other name is refused in words") {
    const auto mapper = make({{"hall", "sensors/hall 1"}});
    CHECK(why_no_room(*mapper, "sensors.hall\\201") == "room \"sensors.hall\\201\" is called \"hall\" here");
    CHECK(mapper->bind("hall")->write == "sensors/hall 1");
    CHECK(fed_by(*mapper, "sensors/hall 1") == Rooms{"hall"});
    CHECK(holds(mapper->explain_room("sensors.hall\\201"), "is called \"hall\" here"));
}

TEST_CASE("an alias's name is folded as rooms' names are, and its topic never") {
    const auto mapper = make({{"Kitchen", "Sensors/KITCHEN"}});
    CHECK(mapper->bind("kitchen")->write == "Sensors/KITCHEN");
    CHECK(fed_by(*mapper, "Sensors/Kitchen").empty());
    CHECK(holds(why_not({{"Kitchen", "a"}, {"kitchen", "b"}}),
                "/aliases/kitchen: room \"kitchen\" stands for two topics"));
    CHECK(why_not({{"one", "a/b"}, {"two", "a/b"}}) ==
          "/aliases/two: \"a/b\" is called \"one\" already; a topic has one room");
}

TEST_CASE("an alias reaches no wildcard, no topic of the broker's, and nothing that is no topic [MQTT-4.7.1-1]") {
    CHECK(holds(why_not({{"a", "b/#"}}), "/aliases/a: want a topic, got \"b/#\" with the wildcard #"));
    CHECK(holds(why_not({{"a", "+/b"}}), "wildcard +"));
    CHECK(holds(why_not({{"a", "c+"}}), "wildcard +"));
    CHECK(holds(why_not({{"a", "$SYS/broker"}}), "begins with $"));
    CHECK(holds(why_not({{"a", "$share/g/t"}}), "begins with $"));
    CHECK(holds(why_not({{"a", std::string("b\0c", 3)}}), "NUL"));
    CHECK(holds(why_not({{"a", "b\xff"}}), "UTF-8"));
    CHECK(holds(why_not({{"a", std::string(70000, 'b')}}), "65535"));
    for (const auto* topic : {"/b", "b/", "b//c", "/"})
        CHECK(holds(why_not({{"a", topic}}), "empty level"));
    CHECK(holds(why_not({{"a", ""}}), "got none"));
    for (const auto* room : {"", "a b", "a/b", "a@b", "a\x01"})
        CHECK(holds(why_not({{room, "b"}}), "want the name of a room"));
    // A $ that a rule moves to the front is the broker's all the same.
    const auto mapper = make({{"sys", "a/$SYS"}}, {pair("a.{name}", "{name}")});
    CHECK(holds(why_no_room(*mapper, "sys"), "begins with $"));
}

namespace {

std::string make_topic(std::mt19937& random) {
    static const Rooms pieces{"a",
                              "B",
                              "kitchen",
                              "Kitchen 1",
                              " ",
                              ".",
                              "..",
                              "/",
                              "/",
                              "/",
                              "\"",
                              "'",
                              "\\",
                              "\\20",
                              "\\2f",
                              "\\5c",
                              "@",
                              ":",
                              "&",
                              "<",
                              ">",
                              "{name}",
                              "$",
                              "#",
                              "+",
                              "\xC3\xA9",                          // e acute
                              "e\xCC\x81",                         // the same from two characters
                              "\xC3\x9F",                          // sharp s, folded to ss
                              "\xC4\xB0",                          // dotted capital I
                              "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D",  // from right to left
                              "\xE2\x80\xAE",                      // and the override that turns the direction
                              "\xEF\xBC\xA1",                      // a full-width A
                              "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x94\xAC",  // two emoji and what joins them
                              "\xE2\x80\x8B"};
    std::string topic;
    for (auto count = 1 + random() % 7; count > 0; --count)
        topic += pieces[random() % pieces.size()];
    return topic;
}

}  // namespace

TEST_CASE("whatever a topic is called, its room leads back to it, by escapes or by an alias, or words say why (S8)") {
    std::mt19937 random{20260103};
    std::vector<AliasConfig> aliases;
    std::map<std::string, std::string> alias_of;
    for (int i = 0; i < 3000; ++i) {
        const auto topic = make_topic(random);
        const auto room = i % 3 == 0 ? "n" + std::to_string(i) : "n" + std::to_string(i) + ".\\20x";
        if (!why_not({{room, topic}}).empty() || !alias_of.emplace(topic, room).second)
            continue;
        aliases.push_back({room, topic});
    }
    REQUIRE(aliases.size() > 1000);
    const auto mapper = make(aliases, {pair("kitchen.{name}", "K/{name}/K"), pair("{name}", "{name}")});
    std::map<std::string, std::string> topic_of;
    int by_alias = 0, by_escapes = 0, refused = 0;
    for (int i = 0; i < 20000; ++i) {
        const auto topic = i % 4 == 0 ? aliases[random() % aliases.size()].topic : make_topic(random);
        CAPTURE(topic);
        const auto fed = mapper->rooms_fed_by("main", topic);
        for (const auto& binding : fed) {
            REQUIRE(binding.write == topic);
            REQUIRE(topic_of.emplace(binding.room, topic).first->second == topic);
            REQUIRE(Jid::prepare_local(binding.room).value() == binding.room);
        }
        const auto alias = alias_of.find(topic);
        if (alias != alias_of.end() && !fed.empty()) {
            REQUIRE(fed.back().room == alias->second);
            ++by_alias;
        } else if (!fed.empty()) {
            ++by_escapes;
        } else {
            REQUIRE(holds(mapper->explain_address(topic), "no"));
            ++refused;
        }
    }
    CHECK(by_alias > 1000);
    CHECK(by_escapes > 1000);
    CHECK(refused > 1000);
    for (const auto& [room, topic] : topic_of) {
        CAPTURE(room);
        REQUIRE(mapper->bind(room)->write == topic);
    }
}
