#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "adapter.hpp"
#include "mosquitto.hpp"

using namespace mucbridge;

namespace {

const auto as_3_1_1 = [](BrokerConfig& config) { config.protocol = "mqtt-3.1.1"; };

void write_access_list(const Mosquitto& server) {
    std::ofstream(server.folder() / "acl") << "topic readwrite open/#\ntopic readwrite mucbridge/#\n";
}

/// mosquitto's own access control, which alone answers a SUBSCRIBE with a refusal.
std::string find_plugin() {
    for (const auto& folder : std::filesystem::directory_iterator("/usr/lib")) {
        const auto plugin = folder.path() / "mosquitto_dynamic_security.so";
        if (std::filesystem::exists(plugin))
            return plugin.string();
    }
    return "/usr/lib/mosquitto_dynamic_security.so";
}

}  // namespace

TEST_CASE("MQTT 5: a refused publication is told with its reason, at QoS 1 and 2 [S5]") {
    Mosquitto server("allow_anonymous true\nacl_file FOLDERacl\n");
    write_access_list(server);
    server.start();
    Adapter adapter(server.url());
    REQUIRE(adapter.connect() == "up");
    CHECK(adapter.facts().tells_refusals);
    CHECK(adapter.publish("closed/a", "x", 1) == "rejected: not authorized");
    CHECK(adapter.publish("closed/a", "x", 2) == "rejected: not authorized");
    CHECK(adapter.publish("closed/a", "x", 0) == "accepted");  // nobody answers at QoS 0
    CHECK(adapter.publish("open/a", "x", 1) == "accepted");    // 0x10: no subscriber, and no refusal
    CHECK(adapter.downs().empty());
}

TEST_CASE("MQTT 3.1.1: a refused publication looks accepted [S5]") {
    Mosquitto server("allow_anonymous true\nacl_file FOLDERacl\n");
    write_access_list(server);
    server.start();
    Adapter adapter(server.url(), as_3_1_1);
    REQUIRE(adapter.connect() == "up");
    CHECK_FALSE(adapter.facts().tells_refusals);
    CHECK_FALSE(adapter.facts().carries_properties);
    CHECK(adapter.facts().window == 20);
    CHECK(adapter.publish("closed/a", "x", 1) == "accepted");
    CHECK(adapter.publish("closed/a", "x", 2) == "accepted");
}

TEST_CASE("mosquitto's acl_file grants a subscription that will hear nothing: only a missing echo tells [S5]") {
    Mosquitto server("allow_anonymous true\nacl_file FOLDERacl\n");
    std::ofstream(server.folder() / "acl") << "topic write closed/#\ntopic readwrite open/#\n";
    server.start();
    Adapter adapter(server.url());
    REQUIRE(adapter.connect() == "up");
    CHECK(adapter.subscribe("#") == "granted 2");
    CHECK(adapter.publish("closed/a", "unheard") == "accepted");
    CHECK(adapter.publish("open/a", "heard") == "accepted");
    REQUIRE(eventually([&] { return !adapter.deliveries().empty(); }));
    CHECK(adapter.deliveries()[0].payload == "heard");
}

TEST_CASE("a refused subscription is told in both versions, its reason by MQTT 5 alone") {
    Mosquitto server("allow_anonymous true\nplugin " + find_plugin() +
                     "\nplugin_opt_config_file FOLDERsecurity.json\n");
    std::ofstream(server.folder() / "security.json") << R"({
        "defaultACLAccess": {"publishClientSend": true, "publishClientReceive": true, "subscribe": false,
                             "unsubscribe": true},
        "clients": [], "groups": [{"groupname": "all", "roles": [{"rolename": "open"}], "clients": []}],
        "roles": [{"rolename": "open", "acls": [
            {"acltype": "subscribePattern", "topic": "open/#", "priority": 0, "allow": true}]}],
        "anonymousGroup": "all"})";
    server.start();
    Adapter current(server.url());
    REQUIRE(current.connect() == "up");
    CHECK(current.subscribe("closed/a") == "refused: not authorized");
    CHECK(current.subscribe("open/a", 1) == "granted 1");
    Adapter old(server.url(), as_3_1_1, "old");
    REQUIRE(old.connect() == "up");
    CHECK(old.subscribe("closed/a") == "refused: refused");
    CHECK(old.subscribe("open/a", 0) == "granted 0");
}

TEST_CASE("a wrong password is told in words in both versions, without asking twice") {
    Mosquitto server("allow_anonymous false\npassword_file FOLDERpasswords\n");
    run("mosquitto_passwd -b -c " + (server.folder() / "passwords") + " juliet 's:ecret'");
    server.start();
    const auto address = "127.0.0.1:" + std::to_string(server.port());
    const auto refusal = [&](const std::string& words) { return "mqtt://" + address + ": " + words; };
    Adapter wrong("mqtt://juliet:guess@" + address);
    CHECK(wrong.connect() == refusal("not authorized"));
    Adapter old("mqtt://juliet:guess@" + address, as_3_1_1);
    CHECK(old.connect() == refusal("not authorized"));
    CHECK_FALSE(old.downs().back().by_broker);
    Adapter right("mqtt://juliet:s%3Aecret@" + address);
    CHECK(right.connect() == "up");
    CHECK(right.facts().endpoint == "mqtt://" + address);
    Adapter configured(
        "mqtt://" + address,
        [](BrokerConfig& config) {
            config.username = "juliet";
            config.password = "s:ecret";
        },
        "configured");
    CHECK(configured.connect() == "up");
}

TEST_CASE("the broker's maximum packet size is honoured before publishing: it is told, and the connection stays") {
    Mosquitto server("allow_anonymous true\nmax_packet_size 1000\n");
    server.start();
    Adapter adapter(server.url());
    REQUIRE(adapter.connect() == "up");
    CHECK(adapter.facts().maximum_packet_size == 1000);
    const auto refused = adapter.publish("a", std::string(1000, 'x'));
    CHECK(shown(refused) == doctest::Contains("rejected: the broker's maximum packet size is 1000 bytes"));
    CHECK(adapter.publish("a", std::string(900, 'x')) == "accepted");
    CHECK(adapter.downs().empty());
}

TEST_CASE("MQTT 3.1.1 cannot tell the limit: the broker closes, the line is released, and we say who closed") {
    Mosquitto server("allow_anonymous true\nmax_packet_size 1000\n");
    server.start();
    Adapter adapter(server.url(), as_3_1_1);
    REQUIRE(adapter.connect() == "up");
    CHECK(shown(adapter.publish("a", std::string(2000, 'x'))) == doctest::Contains("released: "));
    REQUIRE(adapter.downs().size() == 1);
    CHECK(adapter.downs()[0].by_broker);
}

TEST_CASE("what no broker would take is rejected before it is sent [MQTT-3.3.2-2] [MQTT-1.5.4-1]") {
    Mosquitto server;
    server.start();
    Adapter adapter(server.url());
    REQUIRE(adapter.connect() == "up");
    for (const auto& topic : {std::string("a/#"), std::string("a\0b", 3), std::string("a\x01"), std::string()})
        CHECK(shown(adapter.publish(topic, "x")) == doctest::Contains("rejected: the address"));
    CHECK(adapter.publish("a", "x") == "accepted");
    CHECK(adapter.downs().empty());
}

TEST_CASE("a 5 MB payload arrives whole") {
    Mosquitto server;
    server.start();
    Adapter adapter(server.url());
    REQUIRE(adapter.connect() == "up");
    REQUIRE(adapter.subscribe("a") == "granted 2");
    CHECK(adapter.publish("a", std::string(5000000, 'x')) == "accepted");
    REQUIRE(eventually([&] { return adapter.deliveries().size() == 1; }));
    CHECK(adapter.deliveries()[0].payload.size() == 5000000);
}
