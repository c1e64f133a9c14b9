#include "gateway/login_throttle.hpp"

#include <doctest/doctest.h>

namespace mucbridge {
namespace {

using namespace std::chrono_literals;

constexpr Tick start{1000s};
const auto here = PeerNet::parse("192.0.2.1:4000");
const auto there = PeerNet::parse("192.0.2.2:4000");

}  // namespace

TEST_CASE("the first wrong password waits little, the twelfth and those after it three seconds") {
    LoginThrottle throttle;
    CHECK(throttle.on_failure(here, "romeo", start) == 250ms);
    CHECK(throttle.on_failure(here, "romeo", start) == 500ms);
    for (int more = 0; more < 9; ++more)
        throttle.on_failure(here, "romeo", start);
    CHECK(throttle.on_failure(here, "romeo", start) == 3s);
    CHECK(throttle.on_failure(here, "romeo", start) == 3s);
}

TEST_CASE("an address is counted whatever names it tries, a name wherever it is tried from") {
    LoginThrottle throttle;
    CHECK(throttle.on_failure(here, "a", start) == 250ms);
    CHECK(throttle.on_failure(here, "b", start) == 500ms);
    CHECK(throttle.on_failure(there, "b", start) == 500ms);
    CHECK(throttle.on_failure(there, "c", start) == 500ms);
    CHECK(throttle.on_failure(PeerNet::parse("[2001:db8::1]:1"), "d", start) == 250ms);
    CHECK(throttle.on_failure(PeerNet::parse("[2001:db8::ffff:2]:1"), "e", start) == 500ms);
}

TEST_CASE("a failure is forgiven every ten seconds, and a flood within minutes") {
    LoginThrottle throttle;
    throttle.on_failure(here, "romeo", start);
    throttle.on_failure(here, "romeo", start);
    CHECK(throttle.on_failure(here, "romeo", start + 9s) == 750ms);
    CHECK(throttle.on_failure(here, "romeo", start + 19s) == 750ms);
    CHECK(throttle.on_failure(here, "romeo", start + 100s) == 250ms);
    for (int more = 0; more < 100000; ++more)
        throttle.on_failure(here, "romeo", start + 200s);
    CHECK(throttle.on_failure(here, "romeo", start + 201s) == 3s);
    CHECK(throttle.on_failure(here, "romeo", start + 450s) == 250ms);
}

TEST_CASE("who tries a name for every attempt makes nobody else wait, and no table grow without end") {
    LoginThrottle throttle;
    for (std::size_t number = 0; number < LoginThrottle::most_entries * 3; ++number)
        throttle.on_failure(here, "name" + std::to_string(number), start);
    CHECK(throttle.on_failure(there, "romeo", start) == 250ms);
    CHECK(throttle.on_failure(PeerNet::parse("192.0.2.3:1"), "name29999", start) == 500ms);
    CHECK(throttle.on_failure(PeerNet::parse("192.0.2.4:1"), "name0", start) == 250ms);  // forgotten
}

}  // namespace mucbridge
