#include <doctest/doctest.h>

#include "adapter.hpp"
#include "mosquitto.hpp"
#include "proxy.hpp"

using namespace mucbridge;

namespace {

/// A room's listener behind a proxy, and one who speaks there past it.
struct Stage {
    Mosquitto server{"allow_anonymous true\nmax_inflight_messages 1\n"};
    std::unique_ptr<Proxy> proxy;
    std::unique_ptr<Adapter> listener, speaker;

    explicit Stage(int qos, const std::function<void(BrokerConfig&)>& configure = nullptr) {
        server.start();
        proxy = std::make_unique<Proxy>(server.port());
        listener = std::make_unique<Adapter>(proxy->url(), configure);
        listener->broker().keep_session(true);
        REQUIRE(listener->connect(true) == "up");
        REQUIRE(listener->subscribe("room", qos) == "granted " + std::to_string(qos));
        speaker = std::make_unique<Adapter>(server.url(), nullptr, "speaker");
        REQUIRE(speaker->connect(true) == "up");
    }
    void say(const std::string& line) const { REQUIRE(speaker->publish("room", line, 2) == "accepted"); }
    bool hears(std::size_t count) const {
        return eventually([&] { return listener->deliveries().size() >= count; });
    }
    void come_back() const {
        REQUIRE(eventually([&] { return listener->downs().size() == 1; }));
        REQUIRE(listener->connect(false) == "up");
        REQUIRE(listener->facts().has_session);
    }
};

}  // namespace

TEST_CASE("a lost PUBACK: the line comes again, marked, under its packet id [MQTT-4.4.0-1]") {
    for (const std::string version : {"mqtt-5", "mqtt-3.1.1"}) {
        const Stage stage(1, [&](BrokerConfig& config) { config.protocol = version; });
        stage.proxy->cut_at(Proxy::Side::client, Proxy::puback);
        stage.say("twice");
        REQUIRE(stage.hears(1));
        stage.come_back();
        REQUIRE(stage.hears(2));
        const auto heard = stage.listener->deliveries();
        CHECK(heard[1].payload == "twice");
        CHECK_FALSE(heard[0].duplicate);
        CHECK(heard[1].duplicate);
        CHECK(heard[0].packet_id > 0);
        CHECK(heard[1].packet_id == heard[0].packet_id);
    }
}

TEST_CASE("a lost PUBREC: the line comes again under its packet id, and Paho hides the mark") {
    const Stage stage(2);
    stage.proxy->cut_at(Proxy::Side::client, Proxy::pubrec);
    stage.say("twice");
    REQUIRE(stage.hears(1));
    stage.come_back();
    REQUIRE(stage.hears(2));
    const auto heard = stage.listener->deliveries();
    CHECK(heard[1].payload == "twice");
    CHECK_FALSE(heard[1].duplicate);
    CHECK(heard[0].packet_id > 0);
    CHECK(heard[1].packet_id == heard[0].packet_id);
}

TEST_CASE("a PUBREL for what the client no longer knows is answered, and what follows is heard [MQTT 5 §4.3.3]") {
    const Stage stage(2);
    stage.proxy->cut_at(Proxy::Side::client, Proxy::pubcomp);
    stage.say("one");
    REQUIRE(stage.hears(1));
    stage.come_back();
    // The broker takes one at a time: it goes on only when the first is complete.
    stage.say("two");
    stage.say("three");
    REQUIRE(stage.hears(3));
    const auto heard = stage.listener->deliveries();
    CHECK(heard[1].payload == "two");
    CHECK(heard[2].payload == "three");
}
