#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "component_server.hpp"
#include "core/jid.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

const std::string line =
    "<message from='garden@rooms.example.org/a' to='b@c'><body>" + std::string(1000, 'x') + "</body></message>";

}  // namespace

TEST_CASE("a component whose server is killed comes back to the next one, as often as that happens") {
    ComponentHouse house;
    house.component->start();
    for (std::size_t number = 1; number <= 20; ++number) {
        auto& peer = house.log_in(number);
        peer.is_reading = number % 2 == 0;
        for (int lines = 0; lines < 200; ++lines)
            REQUIRE(house.component->send(line));
        if (number % 3 == 0)
            house.until([&] { return peer.has_heard("<body>"); }, 50ms);
        peer.close();
        REQUIRE(house.until([&] { return house.downs.size() == number; }));
        CHECK_FALSE(house.component->send(line));
    }
    CHECK(house.ups == 20);
}

TEST_CASE("a server whose words are garbled by chance harms nobody, and what comes through is sound") {
    const std::string words =
        ComponentHouse::header + ComponentHouse::accepted +
        "<message from='romeo@example.org/a' to='garden@rooms.example.org'><body>&lt;hi&#x1F600;</body></message>"
        "<presence from='romeo@example.org/a' to='garden@rooms.example.org/x'><x "
        "xmlns='http://jabber.org/protocol/muc'/>"
        "</presence><iq type='get' id='1' from='a@b' to='rooms.example.org'><q:query xmlns:q='u:q' q:a='b'/></iq>";
    std::mt19937 random(20261122);
    const auto below = [&](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    ComponentHouse house;
    house.component->start();
    std::size_t number = 0;
    while (++number <= 150) {
        std::string garbled = words;
        for (auto changes = below(4); changes-- > 0;) {
            const auto at = below(garbled.size() - 20);
            switch (below(3)) {
                case 0:
                    garbled[at] = static_cast<char>(below(256));
                    break;
                case 1:
                    garbled.erase(at, below(20));
                    break;
                default:
                    garbled.insert(at, garbled.substr(below(garbled.size()), 20));
            }
        }
        auto& peer = house.next_peer(number);
        peer.say(std::string_view(garbled).substr(0, below(garbled.size())));
        house.io.poll();
        house.until([&] { return house.downs.size() == number; }, 3ms);
        peer.close();
        REQUIRE(house.until([&] { return house.downs.size() == number; }));
    }
    for (const Element& stanza : house.stanzas) {
        CHECK(stanza.ns == ns::client);
        CHECK(Jid::parse(stanza.attribute("from")).has_value());
        CHECK(Jid::parse(stanza.attribute("to")).value().domain == "rooms.example.org");
    }
    CHECK(house.ups > 10);
    house.log_in(number);
    CHECK(house.component->send(line));
}

TEST_CASE("output that a server leaves unread is bounded, and the link is made anew") {
    LimitsConfig limits;
    limits.component_queue_bytes = 1024 * 1024;
    ComponentHouse house(ComponentHouse::hasty(), limits);
    house.component->start();
    house.log_in().is_reading = false;
    int sent = 0;
    while (house.component->send(line) && sent < 100'000) {
        ++sent;
        house.io.poll();
    }
    CHECK(sent < 100'000);
    CHECK_FALSE(house.component->is_up());
    CHECK(house.downs.empty());  // whoever sends is not told in the middle of it
    CHECK(house.until([&] { return house.downs.size() == 1; }));
    CHECK(house.downs[0] ==
          house.server.url() + " leaves more than 1048576 bytes unread (limits/component_queue_bytes)");
    house.log_in(2);
    CHECK(house.component->send(line));
}

TEST_CASE("a server that falls silent is pinged, and left when it does not answer") {
    auto times = ComponentHouse::hasty();
    times.quiet = 30ms;
    times.answer = 50ms;
    ComponentHouse house(times);
    house.component->start();
    auto& peer = house.log_in();
    REQUIRE(house.until([&] { return peer.has_heard("-1'"); }));
    CHECK(peer.has_heard("<iq type='get' id='ping-"));
    CHECK(peer.has_heard(" from='rooms.example.org' to='rooms.example.org'><ping xmlns='urn:xmpp:ping'/></iq>"));
    REQUIRE(house.until([&] { return !house.downs.empty(); }));
    CHECK(house.downs[0] == house.server.url() + " did not answer a ping within 50 ms");
    CHECK(house.until([&] { return peer.has_heard("<connection-timeout "); }));
    house.log_in(2);
}

TEST_CASE("a ping that comes back keeps the link, and is nobody's business") {
    auto times = ComponentHouse::hasty();
    times.quiet = 20ms;
    times.answer = 400ms;
    ComponentHouse house(times);
    house.component->start();
    auto& peer = house.log_in();
    for (int pings = 1; pings <= 3; ++pings) {
        const std::string end = "-" + std::to_string(pings) + "'";
        REQUIRE(house.until([&] { return peer.has_heard(end); }));
        const auto begin = peer.heard.rfind("<iq ");
        std::string ping = peer.heard.substr(begin);
        if (pings == 2)
            ping.replace(ping.find("'get'"), 5, "'error'");
        peer.say(ping);
    }
    REQUIRE(house.until([&] { return peer.has_heard("-4'"); }));
    CHECK(house.downs.empty());
    CHECK(house.stanzas.empty());
    CHECK_FALSE(peer.has_heard("type='result'"));
    CHECK_FALSE(peer.has_heard("type='error'"));
}

TEST_CASE("another program that serves the same domain is noticed by its pings") {
    ComponentHouse house;
    house.component->start();
    auto& peer = house.log_in();
    for (int pings = 0; pings < 2; ++pings)
        peer.say(
            "<iq type='get' id='ping-1' from='rooms.example.org' to='rooms.example.org'><ping xmlns='urn:xmpp:ping'/>"
            "</iq>");
    peer.say("<message from='a@b' to='c@rooms.example.org'/>");
    REQUIRE(house.until([&] { return house.stanzas.size() == 1; }));
    CHECK(house.stanzas[0].name == "message");
    CHECK(house.count_logged("warning component rooms.example.org: another program is connected to ") == 1);
}

TEST_CASE("a server that speaks is not pinged") {
    auto times = ComponentHouse::hasty();
    times.quiet = 400ms;
    ComponentHouse house(times);
    house.component->start();
    auto& peer = house.log_in();
    for (int i = 0; i < 10; ++i) {
        peer.say(" ");
        house.until([&] { return false; }, 60ms);
    }
    CHECK_FALSE(peer.has_heard("ping"));
}

TEST_CASE("attempts are apart, and farther with every failure") {
    auto times = ComponentHouse::hasty();
    times.shortest_delay = 20ms;
    times.first_delay = 20ms;
    times.longest_delay = 40ms;
    ComponentHouse house(times);
    house.server.close();
    const auto begin = std::chrono::steady_clock::now();
    house.component->start();
    REQUIRE(house.until([&] { return house.downs.size() == 6; }));
    CHECK(std::chrono::steady_clock::now() - begin >= 100ms);  // five delays of the shortest
}

TEST_CASE("an operator is warned once of each reason, not at every attempt") {
    ComponentHouse house;
    house.component->start();
    for (std::size_t number = 1; number <= 5; ++number) {
        house.next_peer(number).say(ComponentHouse::header + ComponentHouse::stream_error("not-authorized"));
        REQUIRE(house.until([&] { return house.downs.size() == number; }));
    }
    house.log_in(6).say("</stream:stream>");
    REQUIRE(house.until([&] { return house.downs.size() == 6; }));
    house.next_peer(7).say(ComponentHouse::header + ComponentHouse::stream_error("not-authorized"));
    REQUIRE(house.until([&] { return house.downs.size() == 7; }));
    CHECK(house.count_logged("warning ") == 2);
    CHECK(house.count_logged("info component rooms.example.org: connected to ") == 1);
    CHECK(house.log.str().find("secret of") != std::string::npos);
}

TEST_CASE("a server with ever new reasons cannot fill the log") {
    ComponentHouse house;
    house.component->start();
    for (std::size_t number = 1; number <= 40; ++number) {
        house.next_peer(number).say(ComponentHouse::header +
                                    ComponentHouse::stream_error("undefined-condition", std::to_string(number)));
        REQUIRE(house.until([&] { return house.downs.size() == number; }));
    }
    CHECK(house.count_logged("warning ") == 16);
}

TEST_CASE("a goodbye comes after all that was sent, and ends with the server's own [RFC 6120 §4.4]") {
    ComponentHouse house;
    house.component->start();
    auto& peer = house.log_in();
    for (int lines = 0; lines < 1000; ++lines)
        REQUIRE(house.component->send(line));
    house.component->stop();
    CHECK_FALSE(house.component->send(line));
    CHECK_FALSE(house.component->is_up());
    CHECK_FALSE(house.component->is_over());
    REQUIRE(house.until([&] { return peer.has_heard("</stream:stream>"); }));
    CHECK(peer.heard.ends_with(line + "</stream:stream>"));
    peer.say("<message from='a@b' to='c@rooms.example.org'/></stream:stream>");
    CHECK(house.until([&] { return house.component->is_over(); }));
    CHECK(house.until([&] { return peer.is_closed; }));
    CHECK(house.downs.empty());
    CHECK(house.stanzas.empty());
    CHECK(house.server.peers.size() == 1);
}

TEST_CASE("a goodbye to a server that does not answer is bounded in time") {
    auto times = ComponentHouse::hasty();
    times.goodbye = 50ms;
    ComponentHouse house(times);
    house.component->start();
    house.log_in().is_reading = false;
    for (int lines = 0; lines < 10'000; ++lines)
        REQUIRE(house.component->send(line));
    house.component->stop();
    CHECK(house.until([&] { return house.component->is_over(); }));
    CHECK(house.downs.empty());
}

TEST_CASE("a component that is stopped before it is up is over at once, and stays so") {
    for (int steps = 0; steps < 12; ++steps) {
        CAPTURE(steps);
        auto times = ComponentHouse::hasty();
        times.shortest_delay = times.first_delay = times.longest_delay = 600'000ms;
        ComponentHouse house(times);
        house.component->start();
        for (int step = 0; step < steps; ++step)
            house.io.poll_one();
        house.component->stop();
        house.component->stop();
        CHECK(house.component->is_over());
        const auto connections = house.server.peers.size();
        house.until([&] { return false; }, 5ms);
        CHECK(house.ups == 0);
        CHECK(house.downs.empty());
        CHECK(house.server.peers.size() <= std::max<std::size_t>(connections, 1));
    }
}

TEST_CASE("a component may be stopped by what it tells") {
    ComponentHouse house;
    house.component.reset();
    ComponentEvents events;
    events.on_down = [&](const std::string& reason) {
        house.downs.push_back(reason);
        house.component->stop();
    };
    events.on_stanza = [&](Element) { house.component->stop(); };
    events.on_up = [&] { ++house.ups; };
    house.component =
        std::make_unique<Component>(house.io, ComponentConfig{house.server.url(), "rooms.example.org", "secret"},
                                    LimitsConfig{}, std::move(events), ComponentHouse::hasty());
    house.component->start();
    SUBCASE("a stanza") {
        house.log_in().say("<message from='a@b' to='c@rooms.example.org'/>");
        CHECK(house.until([&] { return house.server.peers[0]->has_heard("</stream:stream>"); }));
        house.server.peers[0]->close();
        CHECK(house.until([&] { return house.component->is_over(); }));
    }
    SUBCASE("a loss") {
        house.next_peer().close();
        CHECK(house.until([&] { return house.component->is_over(); }));
        CHECK(house.downs.size() == 1);
    }
}

TEST_CASE("a component may be destroyed at any moment") {
    for (int steps = 0; steps < 60; ++steps) {
        CAPTURE(steps);
        auto times = ComponentHouse::hasty();
        times.quiet = times.answer = times.login = times.goodbye = 5ms;
        ComponentHouse house(times);
        house.component->start();
        for (int step = 0; step < steps; ++step) {
            for (const auto& peer : house.server.peers) {
                if (step % 7 == 3)
                    peer->say(ComponentHouse::header + ComponentHouse::accepted);
                if (step % 11 == 10)
                    peer->close();
            }
            house.component->send(line);
            if (step % 40 == 39)
                house.component->stop();
            house.io.run_one_for(1ms);
        }
        house.component.reset();
        const auto ups = house.ups;
        const auto downs = house.downs.size();
        house.until([&] { return false; }, 3ms);
        CHECK(house.ups == ups);
        CHECK(house.downs.size() == downs);
    }
}
