#include "core/pace.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

constexpr Tick start = Tick{} + 1h;

}  // namespace

TEST_CASE("a second's worth may come at once, and no more") {
    Pace pace;
    pace.take(100, 100, start);
    CHECK(pace.ready_at() <= start);
    pace.take(1, 100, start);
    CHECK(pace.ready_at() == start + 10ms);
}

TEST_CASE("what is owed is paid by waiting, by the rate") {
    Pace pace;
    pace.take(100 + 250, 100, start);
    CHECK(pace.ready_at() == start + 2500ms);
    pace.take(50, 100, start + 2500ms);
    CHECK(pace.ready_at() == start + 3000ms);
}

TEST_CASE("who waits longer than a second has a second's worth again, and not more") {
    Pace pace;
    pace.take(1000, 100, start);
    pace.take(100, 100, start + 1h);
    CHECK(pace.ready_at() <= start + 1h);
    pace.take(100, 100, start + 1h);
    CHECK(pace.ready_at() == start + 1h + 1s);
}

TEST_CASE("who keeps below the rate never waits") {
    Pace pace;
    for (Tick now = start; now < start + 60s; now += 10ms) {
        pace.take(1, 100, now);
        REQUIRE(pace.ready_at() <= now);
    }
}

TEST_CASE("over a minute no more comes through than the rate and one burst") {
    Pace pace;
    std::size_t through = 0;
    for (Tick now = start; now < start + 60s; now += 1ms)
        if (pace.ready_at() <= now) {
            pace.take(7, 100, now);
            through += 7;
        }
    CHECK(through <= 100 + 60 * 100 + 7);
    CHECK(through >= 60 * 100);
}

TEST_CASE("a rate of 0 counts nothing") {
    Pace pace;
    pace.take(1'000'000'000, 0, start);
    CHECK(pace.ready_at() <= start);
}

TEST_CASE("no amount is too large to be owed") {
    Pace pace;
    pace.take(std::size_t{1} << 34U, 1000, start);
    CHECK(pace.ready_at() > start + 24h);
}
