#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "adapter.hpp"
#include "broker/probe.hpp"
#include "mosquitto.hpp"
#include "old_broker.hpp"
#include "proxy.hpp"

using namespace mucbridge;
using namespace std::string_literals;

namespace {

const auto as_5 = [](BrokerConfig& config) { config.protocol = "mqtt-5"; };
const auto as_3_1_1 = [](BrokerConfig& config) { config.protocol = "mqtt-3.1.1"; };
const std::string lasting = "allow_anonymous true\npersistence true\npersistence_location FOLDER\n";

std::vector<std::string> payloads(Adapter& adapter) {
    std::vector<std::string> heard;
    for (const auto& delivery : adapter.deliveries())
        heard.push_back(delivery.payload);
    return heard;
}

/// What is heard up to a line that is said now: nothing that waited can come behind it.
std::vector<std::string> heard_so_far(Adapter& adapter, const std::string& topic) {
    REQUIRE(adapter.subscribe("end") != "no answer");
    REQUIRE(adapter.publish(topic, "end", 1) == "accepted");
    REQUIRE(eventually([&] {
        const auto heard = payloads(adapter);
        return std::find(heard.begin(), heard.end(), "end") != heard.end();
    }));
    return payloads(adapter);
}

using Lines = std::vector<std::string>;

void say_while_away(const Mosquitto& server) {
    Adapter publisher(server.url(), nullptr, "publisher");
    REQUIRE(publisher.connect() == "up");
    REQUIRE(publisher.publish("room", "one", 1) == "accepted");
    REQUIRE(publisher.publish("room", "two", 2) == "accepted");
}

}  // namespace

TEST_CASE(
    "a kept session brings what was published while the connection was down; a fresh one does not [MQTT-3.1.2-4]") {
    for (const auto& protocol :
         {std::function<void(BrokerConfig&)>(as_5), std::function<void(BrokerConfig&)>(as_3_1_1)})
        for (const int qos : {1, 2})
            for (const bool is_fresh : {false, true}) {
                CAPTURE(qos);
                CAPTURE(is_fresh);
                Mosquitto server;
                server.start();
                Proxy proxy(server.port());
                Adapter adapter(proxy.url(), protocol);
                // MQTT 3.1.1 has one flag for both, set when the connection begins.
                adapter.broker().keep_session(!is_fresh);
                REQUIRE(adapter.connect(false) == "up");
                CHECK_FALSE(adapter.facts().has_session);
                REQUIRE(adapter.subscribe("room", qos) != "no answer");
                proxy.cut_at(Proxy::Side::broker, Proxy::puback);
                REQUIRE(adapter.publish("nobody", "x", 1).starts_with("released"));
                say_while_away(server);
                REQUIRE(adapter.connect(is_fresh) == "up");
                CHECK(adapter.facts().has_session == !is_fresh);
                REQUIRE(adapter.subscribe("room", qos) != "no answer");
                CHECK(heard_so_far(adapter, "room") == (is_fresh ? Lines{"end"} : Lines{"one", "two", "end"}));
            }
}

TEST_CASE("goodbye ends the session at the broker, unless it is to be kept for the next process [MQTT-3.14.4-3]") {
    for (const auto& protocol :
         {std::function<void(BrokerConfig&)>(as_5), std::function<void(BrokerConfig&)>(as_3_1_1)})
        for (const bool is_kept : {true, false}) {
            CAPTURE(is_kept);
            Mosquitto server;
            server.start();
            {
                Adapter former(server.url(), protocol);
                former.broker().keep_session(is_kept);
                REQUIRE(former.connect(true) == "up");
                REQUIRE(former.subscribe("room", 1) == "granted 1");
            }
            say_while_away(server);
            Adapter next(server.url(), protocol);
            next.broker().keep_session(true);
            REQUIRE(next.connect(false) == "up");
            CHECK(next.facts().has_session == is_kept);
            REQUIRE(next.subscribe("room", 1) == "granted 1");
            CHECK(heard_so_far(next, "room") == (is_kept ? Lines{"one", "two", "end"} : Lines{"end"}));
        }
}

TEST_CASE("a fresh connection forgets a session that was kept, in MQTT 3.1.1 too, and is kept itself [MQTT-3.1.2-6]") {
    for (const auto& protocol :
         {std::function<void(BrokerConfig&)>(as_5), std::function<void(BrokerConfig&)>(as_3_1_1)}) {
        Mosquitto server;
        server.start();
        const auto open = [&](bool is_fresh) {
            auto adapter = std::make_unique<Adapter>(server.url(), protocol);
            adapter->broker().keep_session(true);
            REQUIRE(adapter->connect(is_fresh) == "up");
            return adapter;
        };
        REQUIRE(open(true)->subscribe("room", 1) == "granted 1");
        say_while_away(server);
        {
            const auto fresh = open(true);
            CHECK_FALSE(fresh->facts().has_session);
            CHECK(fresh->downs().empty());
            REQUIRE(fresh->subscribe("room", 1) == "granted 1");
            CHECK(heard_so_far(*fresh, "room") == Lines{"end"});
        }
        say_while_away(server);
        const auto next = open(false);
        CHECK(next->facts().has_session);
        CHECK(heard_so_far(*next, "room") == Lines{"one", "two", "end"});
    }
}

TEST_CASE("what the broker kept is told after on_up, however soon it comes [S7]") {
    Mosquitto server;
    server.start();
    for (int round = 0; round < 5; ++round) {
        {
            Adapter former(server.url());
            former.broker().keep_session(true);
            REQUIRE(former.connect(false) == "up");
            REQUIRE(former.subscribe("room", 2) == "granted 2");
        }
        say_while_away(server);
        std::atomic<int> ups{0}, early{0}, heard{0};
        BrokerConfig config;
        config.url = server.url();
        BrokerEvents events;
        events.on_up = [&](const BrokerFacts&) { ++ups; };
        events.on_down = [](const BrokerDown&) {};
        events.on_delivery = [&](const Delivery&) {
            early += ups == 0 ? 1 : 0;
            ++heard;
        };
        auto broker = open_broker(config, {"ground"}, events);
        REQUIRE(broker.has_value());
        (*broker)->keep_session(true);
        (*broker)->connect(false);
        CHECK(eventually([&] { return heard >= 2; }));
        CHECK(early.load() == 0);
    }
}

TEST_CASE("a session outlives the broker's own restart, where it persists") {
    Mosquitto server(lasting);
    server.start();
    Adapter adapter(server.url());
    REQUIRE(adapter.connect(true) == "up");
    REQUIRE(adapter.subscribe("room", 1) == "granted 1");
    server.end();
    REQUIRE(eventually([&] { return adapter.downs().size() == 1; }));
    server.start();
    say_while_away(server);
    REQUIRE(adapter.connect(false) == "up");
    CHECK(adapter.facts().has_session);
    CHECK(heard_so_far(adapter, "room") == Lines{"one", "two", "end"});
}

TEST_CASE("where the broker refuses MQTT 5, the session is kept in 3.1.1 as well") {
    Mosquitto server;
    server.start();
    OldBroker old(server.port(), "\x20\x02\x00\x01"s);
    {
        Adapter former(old.url());
        former.broker().keep_session(true);
        REQUIRE(former.connect(true) == "up");
        REQUIRE(former.subscribe("room", 1) == "granted 1");
    }
    say_while_away(server);
    Adapter next(old.url());
    next.broker().keep_session(true);
    REQUIRE(next.connect(false) == "up");
    CHECK(next.facts().protocol == "MQTT 3.1.1");
    CHECK(next.facts().has_session);
    CHECK(heard_so_far(next, "room") == Lines{"one", "two", "end"});
}

TEST_CASE("embedded: with a state directory, its sessions and what waits for them outlive it") {
    const TemporaryFolder state;
    const auto url = "embedded:?port=" + std::to_string(pick_free_port());
    const auto open = [&] { return std::make_unique<Adapter>(url, nullptr, "ground", nullptr, state / ""); };
    {
        const auto former = open();
        former->broker().keep_session(true);
        REQUIRE(former->connect(true) == "up");
        REQUIRE(former->subscribe("room", 1) == "granted 1");
    }
    {
        const auto other = std::make_unique<Adapter>(url, nullptr, "other", nullptr, state / "");
        REQUIRE(other->connect(true) == "up");
        REQUIRE(other->publish("room", "one", 1) == "accepted");
        REQUIRE(other->publish("room", "two", 1) == "accepted");
    }
    const auto mode = std::filesystem::status(state / "embedded").permissions();
    CHECK(mode == std::filesystem::perms::owner_all);
    const auto next = open();
    next->broker().keep_session(true);
    REQUIRE(next->connect(false) == "up");
    CHECK(next->facts().has_session);
    CHECK(heard_so_far(*next, "room") == Lines{"one", "two", "end"});
}
