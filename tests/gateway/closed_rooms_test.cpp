#include "gateway/closed_rooms.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

namespace {
WallTime at(int second) { return WallTime{} + std::chrono::seconds(second); }
}  // namespace

TEST_CASE("a room is known to have been closed, the last time") {
    ClosedRooms closed;
    CHECK(closed.last("garden") == WallTime::min());
    closed.add("garden", at(1));
    closed.add("garden", at(2));
    CHECK(closed.last("garden") == at(2));
    CHECK(closed.last("orchard") == WallTime::min());
}

TEST_CASE("of very many closed rooms none is forgotten to have been closed") {
    ClosedRooms closed;
    for (int i = 0; i < 25000; ++i)
        closed.add("room" + std::to_string(i), at(i));
    for (int i = 0; i < 25000; i += 1000)
        CHECK(closed.last("room" + std::to_string(i)) >= at(i));
}
