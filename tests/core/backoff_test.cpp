#include "core/backoff.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;
using namespace std::chrono_literals;

TEST_CASE("a delay is never shorter than the shortest nor longer than a ceiling that doubles") {
    for (int run = 0; run < 200; ++run) {
        Backoff backoff(50ms, 500ms, 30s);
        for (const auto ceiling : {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 16000ms, 30000ms, 30000ms}) {
            const auto delay = backoff.next();
            CHECK(delay >= 50ms);
            CHECK(delay <= ceiling);
        }
    }
}

TEST_CASE("delays use the whole width, and go on for ever") {
    Backoff backoff(0ms, 500ms, 30s);
    auto least = 30'000ms, most = 0ms;
    for (int run = 0; run < 2000; ++run) {
        const auto delay = backoff.next();
        least = std::min(least, delay);
        most = std::max(most, delay);
    }
    CHECK(least < 3000ms);
    CHECK(most > 27'000ms);
    backoff.reset();
    CHECK(backoff.next() <= 500ms);
}

TEST_CASE("where the shortest delay is the longest there is one delay") {
    Backoff backoff(40ms, 10ms, 40ms);
    CHECK(backoff.next() == 40ms);
    CHECK(backoff.next() == 40ms);
}
