#include <doctest/doctest.h>
#include <mqtt/async_client.h>

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

namespace {

using Lines = std::vector<std::string>;

/// A bare Paho client is cut between PUBREC and PUBREL, and another one in its session says `after` under the same
/// packet id: what a listener hears.
Lines heard_after_reuse(const std::string& before, const std::string& after, int qos) {
    Mosquitto server;
    server.start();
    Proxy proxy(server.port());
    Adapter listener(server.url(), nullptr, "listener");
    REQUIRE(listener.connect(true) == "up");
    REQUIRE(listener.subscribe("room", 2) == "granted 2");
    const auto publish = [](const std::string& url, const std::string& line, int line_qos) {
        mqtt::async_client client("tcp" + url.substr(4), "speaker", mqtt::create_options(MQTTVERSION_5), nullptr);
        mqtt::connect_options options;
        options.set_mqtt_version(MQTTVERSION_5);
        options.set_clean_start(false);
        options.set_properties({{mqtt::property::SESSION_EXPIRY_INTERVAL, 3600}});
        client.connect(options)->wait();
        const auto token = client.publish("room", line, line_qos, false);
        REQUIRE(eventually([&] { return token->is_complete() || !client.is_connected(); }));
        return client.is_connected();
    };
    proxy.cut_at(Proxy::Side::broker, Proxy::pubrec);
    CHECK_FALSE(publish(proxy.url(), before, 2));
    CHECK(publish(server.url(), after, qos));
    Adapter last(server.url(), nullptr, "last");
    REQUIRE(last.connect(true) == "up");
    REQUIRE(last.publish("room", "end", 2) == "accepted");
    REQUIRE(eventually([&] {
        const auto heard = listener.deliveries();
        return !heard.empty() && heard.back().payload == "end";
    }));
    Lines heard;
    for (const auto& delivery : listener.deliveries())
        heard.push_back(delivery.payload);
    return heard;
}

}  // namespace

TEST_CASE("mosquitto takes a line under an id that was not released for the old one where the words are the same") {
    CHECK(heard_after_reuse("old", "new", 2) == Lines{"new", "end"});
    CHECK(heard_after_reuse("same", "same", 2) == Lines{"same", "end"});  // the first: the second is swallowed
}

TEST_CASE("a line at QoS 2 that was lost unsettled: what follows in the session goes at QoS 1 [MQTT-4.3.3-10]") {
    Mosquitto server;
    server.start();
    Proxy proxy(server.port());
    Adapter speaker(proxy.url());
    REQUIRE(speaker.connect(true) == "up");
    CHECK(speaker.facts().maximum_qos == 2);
    proxy.cut_at(Proxy::Side::broker, Proxy::pubrec);
    REQUIRE(speaker.publish("room", "lost", 2).starts_with("released"));
    REQUIRE(speaker.connect(false) == "up");
    CHECK(speaker.facts().has_session);
    CHECK(speaker.facts().maximum_qos == 1);
    REQUIRE(speaker.subscribe("room", 2) == "granted 2");
    REQUIRE(speaker.publish("room", "lost", 2) == "accepted");
    REQUIRE(eventually([&] { return speaker.deliveries().size() == 1; }));
    CHECK(speaker.deliveries()[0].qos == 1);
}

TEST_CASE("MQTT 5: a packet id that the broker calls in use is given up for another one, not the line [0x91]") {
    Mosquitto server;
    server.start();
    Proxy proxy(server.port());
    Adapter speaker(proxy.url());
    REQUIRE(speaker.connect(true) == "up");
    proxy.refuse_next_id();
    CHECK(speaker.publish("room", "line", 1) == "accepted");
    CHECK(speaker.downs().empty());
}
