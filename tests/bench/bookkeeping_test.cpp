#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "bench/latencies.hpp"
#include "bench/line_scanner.hpp"
#include "bench/mqtt_packet.hpp"
#include "bench/room_tally.hpp"

using namespace mucbridge::bench;
using namespace std::chrono_literals;

namespace {

std::string message(const std::string& body, const std::string& type = "groupchat") {
    const std::string error = type == "error" ? "<error type='wait'><x/></error>" : "";
    return "<message from='r@rooms/u1' type='" + type + "' to='u2@x/r'><body>" + body + "</body><a/>" + error +
           "</message>";
}

/// Two occupants who both speak, and hear what a test gives them.
struct Room {
    RoomTally tally{2, 2};
    Latencies latencies;
    Tick start = now();

    LineName say() { return tally.say(start); }
    void hear(unsigned occupant, const std::vector<LineName>& names) {
        for (const LineName name : names)
            tally.hear(occupant, name, start + 1ms, latencies);
    }
};

}  // namespace

TEST_CASE("a quantile is a time that the share did not exceed, to 1.6 percent") {
    Latencies latencies;
    CHECK(latencies.quantile(0.99) == 0ns);
    for (int i = 1; i <= 1000; ++i)
        latencies.add(std::chrono::microseconds(i));
    CHECK(latencies.quantile(0.5) >= 500us);
    CHECK(latencies.quantile(0.5) <= 508us);
    CHECK(latencies.quantile(0.99) >= 990us);
    CHECK(latencies.quantile(0.99) <= 1006us);
    latencies.add(-1ns);
    latencies.add(1h);
    CHECK(latencies.quantile(1) >= 1h);
    CHECK(latencies.count() == 1002);
}

TEST_CASE("messages are taken whole, between other stanzas, however they are cut") {
    const std::string stream = "<presence from='r@rooms/u1'><x/></presence>" + message(write_body({3, 41}, 100)) +
                               "<iq/><mess/>" + message("hello", "error") + message(write_body({0, 4294967295}, 1));
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        std::vector<Heard> all;
        std::string kept;
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            kept += stream.substr(at, piece);
            std::string_view bytes = kept;
            while (const auto heard = take_message(bytes))
                all.push_back(*heard);
            kept = std::string(bytes);
        }
        REQUIRE(all.size() == 3);
        CHECK(kept.empty());
        REQUIRE(all[0].name);
        CHECK(all[0].name->sender == 3);
        CHECK(all[0].name->number == 41);
        CHECK(all[1].is_error);
        CHECK(!all[1].name);
        REQUIRE(all[2].name);
        CHECK(all[2].name->number == 4294967295);
    }
}

TEST_CASE("a body has the length that is asked for") {
    CHECK(write_body({1, 2}, 100).size() == 100);
    CHECK(write_body({1, 2}, 0) == "1 2 ");
}

TEST_CASE("a body says which line it is, and others do not") {
    const auto name = parse_body(write_body({7, 42}, 100));
    REQUIRE(name);
    CHECK(name->sender == 7);
    CHECK(name->number == 42);
    for (const char* other : {"", "7", "7 42", "7 x ", "hello 1 2 ", "4294967296 1 "})
        CHECK(!parse_body(other));
}

TEST_CASE("MQTT packets are taken whole, however they are cut [MQTT-2.2.3]") {
    const std::string payload = write_body({1, 2}, 20000);  // its length takes three bytes
    const std::string stream = write_publish({"a/b", payload, 0}) + write_puback(258) +
                               write_publish({"a/b", "1 3 ", 65535}) + write_subscribe(1, "a/b", 1);
    for (const std::size_t piece : {1, 2, 3, 7, 1000, 30000}) {
        std::vector<std::pair<PacketType, std::string>> all;
        std::vector<Published> published;
        std::string kept;
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            kept += stream.substr(at, piece);
            std::string_view bytes = kept;
            while (const auto packet = take_packet(bytes)) {
                all.emplace_back(packet->type, packet->body);
                if (packet->type == PacketType::publish) {
                    const auto line = read_publish(*packet);
                    CHECK(line.topic == "a/b");
                    CHECK(line.payload == (published.empty() ? payload : "1 3 "));
                    CHECK(line.id == (published.empty() ? 0 : 65535));
                    published.push_back({});
                }
            }
            kept = std::string(bytes);
        }
        REQUIRE(all.size() == 4);
        CHECK(kept.empty());
        CHECK(all[1] == std::pair{PacketType::puback, std::string("\x01\x02")});
        CHECK(all[3] == std::pair{PacketType::subscribe, std::string("\x00\x01\x00\x03"
                                                                     "a/b\x01",
                                                                     8)});
    }
}

TEST_CASE("the bytes are those of MQTT 3.1.1") {
    CHECK(write_connect("me") == std::string("\x10\x0e\x00\x04MQTT\x04\x02\x00\x00\x00\x02me", 16));  // §3.1
    CHECK(write_publish({"t", "x", 0}) == std::string("\x30\x04\x00\x01tx", 6));                      // §3.3
    CHECK(write_publish({"t", "x", 10}) == std::string("\x32\x06\x00\x01t\x00\x0ax", 8));
}

TEST_CASE("MQTT packets that cannot be are told") {
    std::string_view endless = "\x30\xff\xff\xff\xff\x01";
    CHECK_THROWS_AS(take_packet(endless), std::runtime_error);
    const Packet cut{PacketType::publish, 0, std::string_view("\x00\x05t", 3)};
    CHECK_THROWS_AS(read_publish(cut), std::runtime_error);
    const Packet without_id{PacketType::publish, 2, std::string_view("\x00\x01t", 3)};
    CHECK_THROWS_AS(read_publish(without_id), std::runtime_error);
}

TEST_CASE("a topic's subscriber is one more listener, and one publisher speaks to all") {
    RoomTally tally(3, 1);
    Latencies latencies;
    const auto a = tally.say(now()), b = tally.say(now());
    CHECK(a.sender == 0);
    CHECK(b.number == 1);
    for (const unsigned listener : {2U, 0U})
        for (const LineName name : {a, b})
            tally.hear(listener, name, now(), latencies);
    tally.hear(1, b, now(), latencies);
    CHECK(tally.on_the_way() == 1);
    CHECK(tally.faults().missing == 1);
    tally.hear(1, a, now(), latencies);
    CHECK(tally.on_the_way() == 0);
    CHECK(tally.faults().reordered == 1);
    CHECK(tally.faults().missing == 0);
}

TEST_CASE("a room in order has no faults, whoever is ahead") {
    Room room;
    const auto a = room.say(), b = room.say(), c = room.say();
    CHECK(room.tally.on_the_way() == 3);
    room.hear(0, {b, a});
    room.hear(1, {b, a, c});
    room.hear(0, {c});
    CHECK(room.tally.faults().sum() == 0);
    CHECK(room.tally.on_the_way() == 0);
    CHECK(room.tally.delivered() == 6);
    CHECK(room.latencies.quantile(1) >= 1ms);
}

TEST_CASE("a line that never comes is missing") {
    Room room;
    const auto a = room.say(), b = room.say(), c = room.say();
    room.hear(0, {a, b, c});
    room.hear(1, {b, c});
    CHECK(room.tally.faults().missing == 1);
    CHECK(room.tally.faults().sum() == 1);
    CHECK(room.tally.on_the_way() == 1);
}

TEST_CASE("a line that comes again is duplicated, and no second delivery") {
    Room room;
    const auto a = room.say();
    room.hear(0, {a, a});
    room.hear(1, {a});
    CHECK(room.tally.faults().duplicated == 1);
    CHECK(room.tally.faults().missing == 0);
    CHECK(room.tally.delivered() == 2);
}

TEST_CASE("a sender's later line before its earlier one is reordered") {
    Room room;
    const auto a = room.say(), other = room.say(), b = room.say();
    room.hear(0, {b, a, other});
    room.hear(1, {b, a, other});
    CHECK(room.tally.faults().reordered == 2);
    CHECK(room.tally.faults().crossed == 0);
    CHECK(room.tally.faults().missing == 0);
}

TEST_CASE("two occupants who see two senders' lines in different orders are crossed") {
    Room room;
    const auto a = room.say(), b = room.say();
    room.hear(0, {a, b});
    room.hear(1, {b, a});
    CHECK(room.tally.faults().crossed == 1);
    CHECK(room.tally.faults().sum() == 1);
}

TEST_CASE("a line that nobody said is unknown") {
    Room room;
    room.say();
    room.hear(0, {{0, 1}, {1, 0}, {2, 0}});
    CHECK(room.tally.faults().unknown == 3);
}
