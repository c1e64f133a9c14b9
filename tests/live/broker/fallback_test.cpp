#include <doctest/doctest.h>

#include "adapter.hpp"
#include "mosquitto.hpp"
#include "old_broker.hpp"

using namespace mucbridge;
using namespace std::string_literals;

TEST_CASE("a broker that refuses MQTT 5 is spoken to in 3.1.1, by itself, and remembered [MQTT-3.1.2-2]") {
    Mosquitto server;
    server.start();
    struct Refusal {
        const char* name;
        std::string bytes;
        int asked;
    };
    const std::vector<Refusal> refusals{
        {"CONNACK of 3.1.1, return code 1 (RabbitMQ 3.10, ActiveMQ 5.17)", "\x20\x02\x00\x01"s, 1},
        {"CONNACK of 5, reason code 0x84", "\x20\x03\x00\x84\x00"s, 1},
        {"a close without a word, which may have another cause, and is asked about again", ""s, 2},
    };
    for (const auto& [name, bytes, asked] : refusals) {
        CAPTURE(name);
        OldBroker old(server.port(), bytes);
        Adapter adapter(old.url());
        REQUIRE(adapter.connect() == "up");
        CHECK(adapter.facts().protocol == "MQTT 3.1.1");
        CHECK(old.asked_for_mqtt5() == asked);
        CHECK(adapter.subscribe("a", 1) == "granted 1");
        CHECK(adapter.publish("a", "x") == "accepted");
        CHECK(eventually([&] { return adapter.deliveries().size() == 1; }));
        server.kill();
        REQUIRE(eventually([&] { return adapter.downs().size() == 1; }));
        server.start();
        CHECK(adapter.connect() == "up");
        CHECK(old.asked_for_mqtt5() == asked);
    }
}

TEST_CASE("a configured version is the only one that is tried") {
    Mosquitto server;
    server.start();
    OldBroker old(server.port(), "\x20\x02\x00\x01"s);
    Adapter only_5(old.url(), [](BrokerConfig& config) { config.protocol = "mqtt-5"; });
    CHECK(only_5.connect() == old.url() + ": unacceptable protocol version");
    CHECK(old.asked_for_mqtt5() == 1);
    Adapter only_3_1_1(server.url(), [](BrokerConfig& config) { config.protocol = "mqtt-3.1.1"; });
    REQUIRE(only_3_1_1.connect() == "up");
    CHECK(only_3_1_1.facts().protocol == "MQTT 3.1.1");
}

TEST_CASE("a broker that closes without a word because it is just starting is spoken to in MQTT 5") {
    Mosquitto server;
    server.start();
    OldBroker starting(server.port(), "", 1);
    Adapter adapter(starting.url());
    REQUIRE(adapter.connect() == "up");
    CHECK(adapter.facts().protocol == "MQTT 5");
    CHECK(starting.asked_for_mqtt5() == 2);
}

TEST_CASE("a broker that spoke MQTT 5 once is not taken for an older one when it closes without a word") {
    Mosquitto server;
    server.start();
    OldBroker restarted(server.port(), "", 0);
    Adapter adapter(restarted.url());
    REQUIRE(adapter.connect() == "up");
    server.kill();
    REQUIRE(eventually([&] { return adapter.downs().size() == 1; }));
    server.start();
    restarted.refuse_again(2);
    CHECK(adapter.connect() == restarted.url() + ": the broker closed the connection before it answered");
    REQUIRE(adapter.connect() == "up");
    CHECK(adapter.facts().protocol == "MQTT 5");
}
