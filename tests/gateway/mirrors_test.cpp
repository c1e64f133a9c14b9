#include <doctest/doctest.h>

#include <algorithm>

#include "gateway/housed.hpp"

using namespace mucbridge;

namespace {

Config two_brokers() {
    Config config;
    config.brokers.emplace_back();
    config.brokers.back().name = "other";
    config.rules.emplace_back();
    config.rules.back().topic = "{name}";
    auto& mirrors = config.rules.back().mirrors;
    mirrors.resize(2);
    mirrors[0].topic = "copy/{name}";
    mirrors[0].broker = "other";
    mirrors[1].topic = "log/{name}";
    return config;
}

void join(Client& client) {
    client.send("<presence to='garden@rooms.localhost/romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
}

Publication on_copy(const std::string& payload) { return {"copy/garden", payload, 1, false, "", true, {}}; }

std::string said(const std::string& payload) {
    return "<message to='garden@rooms.localhost' type='groupchat'><body>" + payload + "</body></message>";
}

}  // namespace

TEST_CASE("a line and its copies, on two links, hold no place there when they are settled and home") {
    for (const unsigned loops : {1U, 3U}) {
        Housed house(loops, two_brokers());
        std::vector<std::string> heard;
        const auto listening =
            house.bus->subscribe("#", [&](const Delivery& delivery) { heard.push_back(delivery.address); });
        Client romeo(house, "romeo", "home");
        join(romeo);
        for (int each = 0; each < 300; ++each)  // more than a window holds
            romeo.send(said(std::to_string(each)));
        CHECK(std::ranges::count(heard, "garden") == 300);
        CHECK(std::ranges::count(heard, "copy/garden") == 300);
        CHECK(std::ranges::count(heard, "log/garden") == 300);
        for (const Link* link : house.hub->links()) {
            CHECK(link->status().in_flight == 0);
            CHECK(link->status().waiting == 0);
        }
        Counters counters;
        std::size_t in_flight = 0;
        for (unsigned loop = 0; loop < loops; ++loop) {
            counters += house.hub->rooms(loop).counters();
            in_flight += house.hub->rooms(loop).in_flight();
        }
        CHECK(in_flight == 0);
        CHECK(counters.published == 300);
        CHECK(counters.mirrored == 600);
        CHECK(counters.not_mirrored == 0);
        CHECK(counters.said == 300);
    }
}

TEST_CASE("what a mirror's broker refuses is counted, and holds no place") {
    Housed house(1, two_brokers());
    house.bus->refuse_publish("copy/garden", "not authorized");
    Client romeo(house, "romeo", "home");
    join(romeo);
    romeo.send(said("But soft"));
    CHECK(house.hub->rooms(0).counters().not_mirrored == 1);
    CHECK(house.hub->rooms(0).in_flight() == 0);
    CHECK(house.hub->link("other")->status().in_flight == 0);
}

TEST_CASE("a closed room leaves none of its mirrors subscribed") {
    Housed house(1, two_brokers());
    Client romeo(house, "romeo", "home");
    join(romeo);
    romeo.send("<presence to='garden@rooms.localhost/romeo' type='unavailable'/>");
    house.now.tick += std::chrono::seconds(31);
    house.now.wall += std::chrono::seconds(31);
    house.hub->poll();
    CHECK(house.hub->rooms(0).count() == 0);
    Client juliet(house, "juliet", "home");
    house.bus->publish(on_copy("to nobody"));
    house.hub->poll();
    CHECK(house.hub->rooms(0).counters().foreign == 0);
    join(juliet);
    juliet.take();
    house.bus->publish(on_copy("to juliet"));
    CHECK(juliet.take_one().child("body", ns::client)->text() == "to juliet");
}
