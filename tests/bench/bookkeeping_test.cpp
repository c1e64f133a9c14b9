#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "bench/latencies.hpp"
#include "bench/line_scanner.hpp"
#include "bench/room_tally.hpp"

using namespace mucbridge::bench;
using namespace std::chrono_literals;

namespace {

std::string message(const std::string& body, const std::string& type = "groupchat") {
    return "<message from='r@rooms/u1' type='" + type + "' to='u2@x/r'><body>" + body + "</body><a/></message>";
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
                               "<iq/>" + message("hello", "error") + message(write_body({0, 4294967295}, 1));
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
