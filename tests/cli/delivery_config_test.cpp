#include <doctest/doctest.h>

#include "cli/load_config.hpp"
#include "temporary_folder.hpp"

namespace mucbridge {
namespace {

using Texts = std::vector<std::string>;

Texts warnings_of(const std::string& rule, const std::string& broker, const std::string& rest = {}) {
    const TemporaryFolder folder;
    ConfigFlags flags;
    flags.file =
        folder.write("bridge.json", R"({"brokers": {"main": )" + broker + R"(}, "rules": [)" + rule + "]" + rest + "}");
    const auto loaded = load_config(flags, {});
    for (const auto& error : loaded.problems.errors())
        FAIL_CHECK(error);
    return loaded.problems.warnings();
}

const std::string mqtt = R"({"url": "mqtt://h"})";
const std::string missed = "what others publish while the gateway is away is missed by rooms that stay: ";

}  // namespace

TEST_CASE("a room that stays and misses nothing is not warned of") {
    CHECK(warnings_of(R"({"room": "{name}", "topic": "{name}", "persistent": true})", mqtt).empty());
    CHECK(warnings_of(R"({"room": "a", "topic": "a", "persistent": true, "overflow": "close"})", mqtt).empty());
    CHECK(warnings_of(R"({"room": "a", "topic": "a", "qos": 0, "overflow": "drop-oldest"})",
                      R"({"url": "mqtt://h", "session_expiry": 0})")
              .empty());
}

TEST_CASE("what a room that stays would miss is warned of [S7]") {
    const std::string rule = R"({"room": "a", "topic": "a", "persistent": true)";
    CHECK(warnings_of(rule + R"(, "qos": 0})", mqtt) ==
          Texts{"/rules/0/qos: " + missed + "at QoS 0 no broker keeps it"});
    CHECK(warnings_of(rule + "}", R"({"url": "mqtt://h", "session_expiry": 0})") ==
          Texts{"/brokers/main/session_expiry: " + missed + "with 0 the broker keeps nothing"});
    CHECK(warnings_of(rule + "}", R"({"url": "mqtt://h", "session_expiry": 0, "protocol": "mqtt-3.1.1"})").empty());
    CHECK(warnings_of(rule + "}", R"({"url": "memory:"})") ==
          Texts{"/rules/0/persistent: " + missed + "memory: keeps nothing"});
    CHECK(warnings_of(R"({"room": "a", "write": "a", "direction": "out", "persistent": true})", mqtt) ==
          Texts{"/rules/0/persistent: direction out hears nothing: the archive has what is said in the room, and "
                "nothing else"});
}

TEST_CASE("dropping what the broker delivered at QoS 1 is warned of") {
    CHECK(warnings_of(R"({"room": "a", "topic": "a", "overflow": "drop-oldest"})", mqtt) ==
          Texts{"/rules/0/overflow: drop-oldest loses lines that the broker delivered, whatever the QoS"});
}

TEST_CASE("rooms that everybody may make stay are warned of where others come in [S9]") {
    const std::string opening = R"(, "limits": {"persistent_rooms": 7},
        "component": {"server": "xmpp://127.0.0.1:5347", "domain": "rooms.x", "secret_file": ")";
    const TemporaryFolder folder;
    const auto rest = opening + folder.write("word", "secret") + "\"}";
    const auto rule = [](const std::string& room, const std::string& read) {
        return R"({"room": ")" + room + R"(", "topic": ")" + room + R"(", "persistent": true,
                   "who": {"read": ")" +
               read + R"(", "write": []}})";
    };
    CHECK(warnings_of(rule("{name}", "*"), mqtt, rest) ==
          Texts{"/rules/0/persistent: everybody may make rooms that stay, up to 7 (limits/persistent_rooms), since the "
                "users of xmpp://127.0.0.1:5347, and of every server that talks to it, come in through the component"});
    CHECK(warnings_of(rule("lobby", "*"), mqtt, rest).empty());
    CHECK(warnings_of(rule("{name}", "*@x"), mqtt, rest).empty());
    CHECK(warnings_of(rule("{name}", "*"), mqtt).empty());
}

TEST_CASE("two brokers that share a node of a cluster are one server") {
    const auto warnings =
        warnings_of(R"({"room": "a", "topic": "a", "broker": "main",
                                          "mirrors": [{"topic": "b", "broker": "west"}]})",
                    R"({"url": ["mqtt://a", "mqtt://b"]}, "west": {"url": ["mqtt://c", "mqtt://b"]})");
    REQUIRE(warnings.size() == 1);
    CHECK(warnings.front().find("/brokers/west/url: is the same server as main") == 0);
}

}  // namespace mucbridge
