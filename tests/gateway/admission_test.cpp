#include "gateway/admission.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

const Now now{Tick{} + 1h, WallTime{}};

LimitsConfig few(std::size_t connections, std::size_t unauthenticated = 1000) {
    LimitsConfig limits;
    limits.connections = connections;
    limits.unauthenticated = unauthenticated;
    return limits;
}

/// How many of so many get in from there.
std::size_t admitted(Admission& admission, const std::string& peer, std::size_t tries) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < tries; ++i)
        count += admission.admit(peer, now) ? 1 : 0;
    return count;
}

std::string refusal(Admission& admission, const std::string& peer) {
    const auto place = admission.admit(peer, now);
    return place ? "" : place.error().text;
}

Route route(std::uint64_t session) { return {0, 0, session}; }

}  // namespace

TEST_CASE("so many connections are let in, and one more when one has gone") {
    Admission admission(few(3));
    const auto first = admission.admit("127.0.0.1:1", now);
    REQUIRE(first.has_value());
    CHECK(admitted(admission, "127.0.0.1:1", 5) == 2);
    CHECK(refusal(admission, "192.0.2.1:1") == "no more than 3 connections (limits/connections)");
    CHECK(admission.counts().refused_connections == 4);
    admission.leave(*first);
    CHECK(refusal(admission, "192.0.2.1:1").empty());
}

TEST_CASE("by default 256 come from one address, and any number from the loopback") {
    Admission admission(few(10000));
    CHECK(admitted(admission, "192.0.2.1:1", 300) == 256);
    CHECK(admitted(admission, "192.0.2.2:1", 300) == 256);
    CHECK(refusal(admission, "192.0.2.1:9") ==
          "no more than 256 connections from one address (limits/connections_per_address)");
    CHECK(admitted(admission, "127.0.0.1:1", 1000) == 1000);
    CHECK(admitted(admission, "127.9.9.9:1", 1000) == 1000);
    CHECK(admitted(admission, "[::1]:1", 1000) == 1000);
    CHECK(admitted(admission, "[::ffff:127.0.0.1]:1", 1000) == 1000);
}

TEST_CASE("a limit that is set holds for the loopback too, and 0 is none") {
    auto limits = few(10000);
    limits.connections_per_address = 2;
    Admission two(limits);
    CHECK(admitted(two, "127.0.0.1:1", 9) == 2);
    CHECK(admitted(two, "127.0.0.2:1", 9) == 2);
    CHECK(admitted(two, "[::1]:1", 9) == 2);
    limits.connections_per_address = 0;
    Admission any(limits);
    CHECK(admitted(any, "192.0.2.1:1", 1000) == 1000);
}

TEST_CASE("an IPv6 address is counted with its /64, and apart from every IPv4 address") {
    auto limits = few(10000);
    limits.connections_per_address = 1;
    Admission admission(limits);
    CHECK(admitted(admission, "[2001:db8:0:1::1]:1", 1) == 1);
    CHECK(admitted(admission, "[2001:db8:0:1:ffff:ffff:ffff:ffff]:1", 1) == 0);
    CHECK(admitted(admission, "[2001:db8:0:2::1]:1", 1) == 1);
    CHECK(admitted(admission, "[fe80::1%1]:1", 1) == 1);
    CHECK(admitted(admission, "192.0.2.1:1", 1) == 1);
    CHECK(admitted(admission, "[::ffff:192.0.2.1]:1", 1) == 0);
    CHECK(admitted(admission, "0.0.0.0:1", 1) == 1);
    CHECK(admitted(admission, "[::]:1", 1) == 1);
}

TEST_CASE("what went is forgotten: an address may come again and again") {
    auto limits = few(10);
    limits.connections_per_address = 1;
    Admission admission(limits);
    for (int i = 0; i < 1000; ++i) {
        const auto place = admission.admit("192.0.2." + std::to_string(i % 256) + ":1", now);
        REQUIRE(place.has_value());
        admission.leave(*place);
    }
    CHECK(admission.counts().refused_connections == 0);
}

TEST_CASE("beyond the limit the connection that has waited longest for its login is put out") {
    Admission admission(few(100, 2));
    std::vector<Admission::Place> places;
    for (std::uint64_t i = 0; i < 5; ++i)
        places.push_back(*admission.admit("127.0.0.1:1", now));
    CHECK_FALSE(admission.await_login(places[0], route(10), now).has_value());
    CHECK_FALSE(admission.await_login(places[1], route(11), now).has_value());
    CHECK(admission.await_login(places[2], route(12), now) == route(10));
    CHECK(admission.await_login(places[3], route(13), now) == route(11));
    CHECK(admission.counts().closed_unauthenticated == 2);
    CHECK(admission.why_put_out() ==
          "more than 2 connections are not logged in, and this is the oldest of them (limits/unauthenticated)");
    SUBCASE("who has logged in does not count") {
        admission.on_login(places[2]);
        CHECK_FALSE(admission.await_login(places[4], route(14), now).has_value());
    }
    SUBCASE("who has gone does not count") {
        admission.leave(places[3]);
        CHECK_FALSE(admission.await_login(places[4], route(14), now).has_value());
    }
    SUBCASE("who was put out holds its place until it has gone, and then none") {
        for (std::size_t i = 0; i < 4; ++i)
            admission.leave(places[i]);
        CHECK(admitted(admission, "127.0.0.1:1", 200) == 99);
    }
}

TEST_CASE("a session without a socket takes no place") {
    Admission admission(few(1));
    admission.on_login({});
    admission.leave({});
    CHECK(admitted(admission, "127.0.0.1:1", 2) == 1);
}

TEST_CASE("a storm is told once a second, with how large it was") {
    Seldom seldom;
    CHECK(seldom.count(now.tick) == 1);
    for (int i = 0; i < 1000; ++i)
        CHECK_FALSE(seldom.count(now.tick + 999ms).has_value());
    CHECK(seldom.count(now.tick + 1s) == 1001);
    CHECK(seldom.count(now.tick + 10s) == 1);
}

TEST_CASE("so many handshakes a second of one net begin at once, the others when their time has come") {
    Admission admission(few(100));
    for (int i = 0; i < 20; ++i)
        CHECK(admission.reserve_handshake("192.0.2.1:" + std::to_string(i), now) <= now.tick);
    CHECK(admission.reserve_handshake("192.0.2.1:20", now) == now.tick + 50ms);
    CHECK(admission.reserve_handshake("192.0.2.1:21", now) == now.tick + 100ms);
    CHECK(admission.reserve_handshake("192.0.2.2:1", now) <= now.tick);  // which is somebody else
    CHECK(admission.counts().delayed_handshakes == 2);
    const Now later{now.tick + 2s, now.wall};
    CHECK(admission.reserve_handshake("192.0.2.1:22", later) <= later.tick);
}

TEST_CASE("handshakes on the loopback are not counted, unless a number says so, and 0 is any number") {
    const auto last_of = [](const LimitsConfig& limits, const std::string& peer) {
        Admission admission(limits);
        Tick last;
        for (int i = 0; i < 100; ++i)
            last = admission.reserve_handshake(peer, now);
        return last;
    };
    LimitsConfig limits;
    CHECK(last_of(limits, "127.0.0.1:1") <= now.tick);
    CHECK(last_of(limits, "[::1]:1") <= now.tick);
    CHECK(last_of(limits, "192.0.2.1:1") == now.tick + 4s);
    limits.handshakes_per_second = 50;
    CHECK(last_of(limits, "127.0.0.1:1") == now.tick + 1s);
    limits.handshakes_per_second = 0;
    CHECK(last_of(limits, "192.0.2.1:1") <= now.tick);
}

TEST_CASE("a net that floods with handshakes is served again soon after, and many nets leave little behind") {
    Admission admission(few(100));
    for (int i = 0; i < 100'000; ++i)
        admission.reserve_handshake("192.0.2.1:1", now);
    CHECK(admission.reserve_handshake("192.0.2.1:1", now) == Tick::max());
    const Now later{now.tick + 32s, now.wall};
    CHECK(admission.reserve_handshake("192.0.2.1:1", later) <= later.tick);
    for (int i = 0; i < 10'000; ++i)
        admission.reserve_handshake("[2001:db8:" + std::to_string(i) + "::1]:1", later);
    CHECK(admission.nets_remembered() >= 10'000);
    const Now at_last{later.tick + 10s, now.wall};
    for (int i = 0; i < 10'000; ++i)
        admission.reserve_handshake("198.51.100.1:1", at_last);
    for (int i = 0; i < 20'000; ++i)
        admission.reserve_handshake("[2001:db8:1:" + std::to_string(i % 9999) + "::1]:1", at_last);
    CHECK(admission.nets_remembered() < 21'000);
}
