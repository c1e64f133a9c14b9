#include "broker/memory.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <optional>

using namespace mucbridge;

namespace {

/// One gateway's end, and what it was told, in order.
struct Gateway {
    std::vector<std::string> told;
    std::vector<Delivery> deliveries;
    std::optional<BrokerFacts> facts;
    std::unique_ptr<Broker> broker;

    explicit Gateway(std::shared_ptr<MemoryBus> bus, const std::string& origin = "one") {
        BrokerEvents events;
        events.on_up = [this](BrokerFacts now) {
            told.emplace_back("up");
            facts = std::move(now);
        };
        events.on_down = [this](BrokerDown down) {
            told.push_back((down.by_broker ? "down by the broker: " : "down: ") + down.reason);
        };
        events.on_delivery = [this](Delivery delivery) {
            told.push_back(delivery.address + " " + delivery.payload + (delivery.retained ? " (retained)" : ""));
            deliveries.push_back(std::move(delivery));
        };
        broker = make_memory_broker(std::move(bus), {}, {origin}, std::move(events));
    }
    void say(const std::string& address, const std::string& payload, int qos = 1, bool retain = false) {
        Publication publication;
        publication.address = address;
        publication.payload = payload;
        publication.qos = qos;
        publication.retain = retain;
        publication.content_type = "text/plain";
        publication.properties = {{"id", "1"}};
        broker->publish(std::move(publication), [this](Settlement settlement) {
            const char* words[] = {"accepted", "rejected", "released"};
            told.push_back(std::string(words[static_cast<int>(settlement.outcome)]) +
                           (settlement.reason.empty() ? "" : ": " + settlement.reason));
        });
    }
    void follow(const std::string& filter, int qos = 2) {
        broker->subscribe(filter, qos, [this](Granted answer) {
            told.push_back(answer.granted ? "granted " + std::to_string(answer.qos) : "refused: " + answer.reason);
        });
    }
    std::vector<std::string> take() { return std::exchange(told, {}); }
};

using Told = std::vector<std::string>;

Publication make_publication(const std::string& address, const std::string& payload, bool retain = false) {
    Publication publication;
    publication.address = address;
    publication.payload = payload;
    publication.retain = retain;
    return publication;
}

}  // namespace

TEST_CASE("what is published comes back to who subscribed, properties and all") {
    Gateway gateway(std::make_shared<MemoryBus>("x"));
    gateway.broker->connect(true);
    gateway.follow("foo/#", 1);
    gateway.say("foo/bar", "hello", 2);
    CHECK(gateway.take() == Told{"up", "granted 1", "accepted", "foo/bar hello"});
    CHECK(gateway.facts->endpoint == "memory:x");
    REQUIRE(gateway.deliveries.size() == 1);
    CHECK(gateway.deliveries[0].qos == 1);
    CHECK(gateway.deliveries[0].content_type == "text/plain");
    CHECK(*gateway.deliveries[0].property("id") == "1");
    gateway.broker->unsubscribe("foo/#");
    gateway.say("foo/bar", "gone");
    CHECK(gateway.take() == Told{"accepted"});
}

TEST_CASE("overlapping filters of one client deliver once, at the best QoS") {
    Gateway gateway(std::make_shared<MemoryBus>());
    gateway.broker->connect(true);
    gateway.follow("a/b", 0);
    gateway.follow("a/+", 2);
    gateway.follow("#", 1);
    gateway.take();
    gateway.say("a/b", "x", 2);
    CHECK(gateway.take() == Told{"accepted", "a/b x"});
    CHECK(gateway.deliveries.back().qos == 2);
}

TEST_CASE("two gateways on one named bus see one order") {
    const auto bus = MemoryBus::named("garden");
    CHECK(MemoryBus::named("garden") == bus);
    CHECK(MemoryBus::named("") != MemoryBus::named(""));
    Gateway one(bus), two(bus, "two");
    for (auto* gateway : {&one, &two}) {
        gateway->broker->connect(true);
        gateway->follow("a");
        gateway->take();
    }
    one.say("a", "1");
    two.say("a", "2");
    bus->publish(make_publication("a", "3"));
    CHECK(one.take() == Told{"accepted", "a 1", "a 2", "a 3"});
    CHECK(two.take() == Told{"a 1", "accepted", "a 2", "a 3"});
}

TEST_CASE("a bus of a name ends with its last holder") {
    std::weak_ptr<MemoryBus> bus = MemoryBus::named("short");
    CHECK(bus.expired());
}

TEST_CASE("a retained message is replayed to who subscribes, and an empty one removes it") {
    const auto bus = std::make_shared<MemoryBus>();
    bus->publish(make_publication("a/b", "kept", true));
    Gateway gateway(bus);
    gateway.broker->connect(true);
    gateway.follow("a/#");
    CHECK(gateway.take() == Told{"up", "granted 2", "a/b kept (retained)"});
    bus->publish(make_publication("a/b", "new", true));
    CHECK(gateway.take() == Told{"a/b new"});  // live: not marked [MQTT-3.3.1-12]
    bus->publish(make_publication("a/b", "", true));
    CHECK(bus->retained("#").empty());
}

TEST_CASE("a refused publication is rejected in words, and delivered to nobody") {
    const auto bus = std::make_shared<MemoryBus>();
    bus->refuse_publish("secret/#", "not authorized");
    Gateway gateway(bus);
    gateway.broker->connect(true);
    gateway.follow("#");
    gateway.take();
    gateway.say("secret/a", "x");
    CHECK(gateway.take() == Told{"rejected: not authorized"});
    gateway.say("secret/a", "x", 0);
    CHECK(gateway.take() == Told{"accepted"});  // QoS 0: no answer from anybody
    bus->accept_everything();
    gateway.say("secret/a", "x");
    CHECK(gateway.take() == Told{"accepted", "secret/a x"});
}

TEST_CASE("pretending MQTT 3.1.1, a refusal is silent and properties are lost") {
    const auto bus = std::make_shared<MemoryBus>();
    BrokerFacts facts;
    facts.protocol = "MQTT 3.1.1";
    facts.carries_properties = facts.tells_refusals = false;
    bus->pretend(facts);
    bus->refuse_publish("no", "not authorized");
    bus->refuse_subscribe("no", "not authorized");
    Gateway gateway(bus);
    gateway.broker->connect(true);
    CHECK(gateway.facts->protocol == "MQTT 3.1.1");
    gateway.follow("yes");
    gateway.follow("no");
    gateway.say("no", "x");
    gateway.say("yes", "y");
    CHECK(gateway.take() == Told{"up", "granted 2", "refused: refused", "accepted", "accepted", "yes y"});
    CHECK(gateway.deliveries.back().properties.empty());
    CHECK(gateway.deliveries.back().content_type.empty());
}

TEST_CASE("a refused subscription says why") {
    const auto bus = std::make_shared<MemoryBus>();
    bus->refuse_subscribe("a/#", "not authorized");
    Gateway gateway(bus);
    gateway.broker->connect(true);
    gateway.follow("a/b");
    gateway.follow("a/#");
    gateway.follow("b");
    CHECK(gateway.take() == Told{"up", "refused: not authorized", "refused: not authorized", "granted 2"});
}

TEST_CASE("while the broker is down nothing is accepted; up again, subscriptions are gone") {
    const auto bus = std::make_shared<MemoryBus>("m");
    Gateway gateway(bus);
    gateway.say("a", "early");
    CHECK(gateway.take() == Told{"released: not connected"});
    gateway.broker->connect(true);
    gateway.follow("a");
    bus->set_up(false);
    CHECK(gateway.take() == Told{"up", "granted 2", "down by the broker: memory:m: the broker went down"});
    gateway.broker->connect(true);
    gateway.say("a", "x");
    gateway.follow("a");
    CHECK(gateway.take() ==
          Told{"down: memory:m: the broker is down", "released: not connected", "refused: not connected"});
    bus->set_up(true);
    gateway.broker->connect(true);
    gateway.say("a", "y");
    CHECK(gateway.take() == Told{"up", "accepted"});
}

TEST_CASE("held settlements come in order when let go, and are released when the connection dies") {
    const auto bus = std::make_shared<MemoryBus>("m");
    Gateway gateway(bus);
    gateway.broker->connect(true);
    gateway.follow("a");
    gateway.take();
    bus->hold_settlements(true);
    gateway.say("a", "1");
    CHECK(gateway.take() == Told{"a 1"});
    bus->hold_settlements(false);
    CHECK(gateway.take() == Told{"accepted"});
    bus->hold_settlements(true);
    gateway.say("a", "2");
    gateway.take();
    bus->cut();
    CHECK(gateway.take() == Told{"down: memory:m: the connection was cut", "released: the connection was cut"});
    bus->hold_settlements(false);
    CHECK(gateway.take().empty());
}

TEST_CASE("held deliveries come late and in order; a denied read right loses one's own echoes alone") {
    const auto bus = std::make_shared<MemoryBus>();
    Gateway gateway(bus), other(bus, "two");
    for (auto* one : {&gateway, &other}) {
        one->broker->connect(true);
        one->follow("a");
        one->take();
    }
    bus->hold_deliveries(true);
    gateway.say("a", "1");
    gateway.say("a", "2");
    CHECK(gateway.take() == Told{"accepted", "accepted"});
    bus->hold_deliveries(false);
    CHECK(gateway.take() == Told{"a 1", "a 2"});
    other.take();
    bus->drop_echoes("a");
    gateway.say("a", "3");
    CHECK(gateway.take() == Told{"accepted"});
    CHECK(other.take() == Told{"a 3"});
}

TEST_CASE("birth and will tell the truth") {
    const auto bus = std::make_shared<MemoryBus>();
    const auto state = [&] {
        const auto kept = bus->retained("mucbridge/one/status");
        return kept.empty() ? std::string("nothing") : kept[0].payload;
    };
    CHECK(state() == "nothing");
    {
        Gateway gateway(bus);
        gateway.broker->connect(true);
        gateway.broker->announce("online");
        CHECK(state() == R"({"origin":"one","state":"online"})");
        bus->cut();
        CHECK(state() == R"({"origin":"one","state":"offline"})");
        gateway.broker->connect(true);
        gateway.broker->announce("online");
    }
    CHECK(state() == R"({"origin":"one","state":"offline"})");
}

TEST_CASE("who does not announce itself has no will and no status") {
    const auto bus = std::make_shared<MemoryBus>();
    {
        BrokerEvents events;
        events.on_down = [](BrokerDown) {};
        const auto broker = make_memory_broker(bus, {}, {"one", false}, std::move(events));
        broker->connect(true);
        broker->announce("online");
        bus->cut();
    }
    CHECK(bus->retained("#").empty());
}

TEST_CASE("a callback may publish: it is heard after the callbacks before it") {
    const auto bus = std::make_shared<MemoryBus>();
    std::vector<std::string> heard;
    const auto first = bus->subscribe("a", [&](Delivery delivery) {
        heard.push_back("first " + delivery.payload);
        if (delivery.payload == "1")
            bus->publish(make_publication("a", "2"));
    });
    const auto second = bus->subscribe("a", [&](Delivery delivery) { heard.push_back("second " + delivery.payload); });
    bus->publish(make_publication("a", "1"));
    CHECK(heard == Told{"first 1", "second 1", "first 2", "second 2"});
}

TEST_CASE("after the end nothing is called, and what was not settled is released") {
    const auto bus = std::make_shared<MemoryBus>();
    std::vector<std::string> told;
    {
        Gateway gateway(bus);
        gateway.broker->connect(true);
        gateway.follow("a");
        bus->hold_settlements(true);
        gateway.take();
        gateway.say("a", "x");
        gateway.broker.reset();
        told = gateway.take();
        bus->publish(make_publication("a", "y"));
        bus->hold_settlements(false);
        CHECK(gateway.told.empty());
    }
    CHECK(told == Told{"a x", "released: the connection was closed first"});
}

TEST_CASE("a malformed publication is rejected as MQTT would, before anybody hears it") {
    Gateway gateway(std::make_shared<MemoryBus>());
    gateway.broker->connect(true);
    gateway.take();
    gateway.say("a/#", "x");
    REQUIRE(gateway.told.size() == 1);
    CHECK(gateway.told[0].find("rejected: the address") == 0);
}

TEST_CASE("several threads publish: each one's order holds, everybody sees one order") {
    const auto bus = std::make_shared<MemoryBus>();
    constexpr int threads = 4, lines = 5000;
    std::vector<std::string> one, two;
    const auto first = bus->subscribe("#", [&](Delivery delivery) { one.push_back(std::move(delivery.payload)); });
    const auto second = bus->subscribe("a/+", [&](Delivery delivery) { two.push_back(std::move(delivery.payload)); });
    std::atomic<int> settled{0};
    {
        BrokerEvents events;
        events.on_up = [](BrokerFacts) {};
        events.on_down = [](BrokerDown) {};
        events.on_delivery = [](Delivery) {};
        const auto broker = make_memory_broker(bus, {}, {"one"}, std::move(events));
        broker->connect(true);
        std::vector<std::thread> speakers;
        for (int speaker = 0; speaker < threads; ++speaker)
            speakers.emplace_back([&, speaker] {
                for (int line = 0; line < lines; ++line)
                    broker->publish(make_publication("a/b", std::to_string(speaker) + " " + std::to_string(line)),
                                    [&](Settlement) { ++settled; });
            });
        for (auto& speaker : speakers)
            speaker.join();
    }
    CHECK(settled == threads * lines);
    std::erase_if(one, [](const std::string& payload) { return payload.front() == '{'; });  // the status
    REQUIRE(one.size() == threads * lines);
    CHECK(one == two);
    std::vector<int> next(threads, 0);
    bool in_order = true;
    for (const auto& payload : one)
        in_order = in_order && std::stoi(payload.substr(2)) == next[static_cast<std::size_t>(payload[0] - '0')]++;
    CHECK(in_order);
}
