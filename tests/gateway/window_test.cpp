#include "gateway/window.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

Now at(std::chrono::milliseconds time) {
    const Now start{Tick{} + 1h, WallTime{}};
    return {start.tick + time, start.wall + time};
}

Window::Entry line(const std::string& id, std::size_t bytes = 10) {
    Window::Entry entry;
    entry.id = id;
    entry.room = "garden";
    entry.said.line.body = std::string(bytes, 'x');
    return entry;
}

/// Everything that may be sent now.
std::vector<std::string> take_all(Window& window, Now now) {
    std::vector<std::string> ids;
    while (const auto* entry = window.take(now))
        ids.push_back(entry->id);
    return ids;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("lines go out in the order in which they were said, so many at once [S3]") {
    Window window(100, 1 << 20);
    window.set_size(2);
    for (const auto* id : {"a", "b", "c", "d"})
        REQUIRE(window.add(line(id), at(0ms)));
    CHECK(take_all(window, at(0ms)) == Ids{"a", "b"});
    CHECK(window.in_flight() == 2);
    CHECK(window.waiting() == 2);
    CHECK(take_all(window, at(0ms)).empty());
}

TEST_CASE("a line holds its place until it is settled and home [S4]") {
    Window window(100, 1 << 20);
    window.set_size(1);
    window.add(line("a"), at(0ms));
    window.add(line("b"), at(0ms));
    CHECK(take_all(window, at(0ms)) == Ids{"a"});
    SUBCASE("settled alone it is still awaited") {
        CHECK(window.accept("a")->room == "garden");
        CHECK(window.unsettled() == 0);
        CHECK(take_all(window, at(0ms)).empty());
        window.home("a");
    }
    SUBCASE("home alone settles it too: an echo can overtake the settlement") {
        window.home("a");
        CHECK_FALSE(window.accept("a").has_value());
    }
    SUBCASE("rejected it is over") { CHECK(window.reject("a")->room == "garden"); }
    CHECK(window.unsettled() == 0);
    CHECK(take_all(window, at(0ms)) == Ids{"b"});
}

TEST_CASE("a line is settled once, and only if it is ours") {
    Window window(100, 1 << 20);
    window.set_size(10);
    window.add(line("a"), at(0ms));
    CHECK_FALSE(window.accept("a").has_value());  // not sent yet
    take_all(window, at(0ms));
    CHECK(window.accept("a").has_value());
    CHECK_FALSE(window.accept("a").has_value());
    CHECK_FALSE(window.reject("a").has_value());
    CHECK_FALSE(window.accept("stranger").has_value());
    window.home("stranger");
    CHECK(window.in_flight() == 1);
}

TEST_CASE("what finds no place to wait in is refused, by count and by bytes [S6]") {
    Window window(2, 2 * sizeof(Window::Entry) + 100);
    CHECK(window.add(line("a", 60), at(0ms)));
    CHECK_FALSE(window.add(line("b", 41), at(0ms)));
    CHECK(window.add(line("c", 40), at(0ms)));
    CHECK_FALSE(window.add(line("d", 0), at(0ms)));
    CHECK(window.waiting() == 2);
    // What is sent waits no longer.
    window.set_size(1);
    take_all(window, at(0ms));
    CHECK(window.add(line("e", 60), at(0ms)));
}

TEST_CASE("a lost connection puts what was not settled first in line again, in its old order [S1]") {
    Window window(100, 1 << 20);
    window.set_size(4);
    for (const auto* id : {"a", "b", "c", "d", "e"})
        window.add(line(id), at(0ms));
    take_all(window, at(0ms));
    window.accept("b");  // the broker has it: it is not published again
    window.home("c");
    CHECK(window.lost(false, at(5s)).empty());
    CHECK(window.in_flight() == 0);
    CHECK(window.unsettled() == 0);
    CHECK(take_all(window, at(6s)) == Ids{"a", "d", "e"});
    // The settlement of an earlier connection's is nobody's any more.
    CHECK_FALSE(window.accept("b").has_value());
}

TEST_CASE("what waits again counts as waiting, and is refused nothing for it") {
    Window window(2, 2 * sizeof(Window::Entry) + 100);
    window.set_size(2);
    window.add(line("a", 50), at(0ms));
    window.add(line("b", 50), at(0ms));
    take_all(window, at(0ms));
    window.add(line("c", 50), at(0ms));
    window.add(line("d", 50), at(0ms));
    window.lost(false, at(0ms));
    CHECK(window.waiting() == 4);
    CHECK_FALSE(window.add(line("e", 0), at(0ms)));
    CHECK(take_all(window, at(0ms)) == Ids{"a", "b"});
}

TEST_CASE("after the broker closed the connection at once, the lines that it may not stand go out one by one") {
    Window window(100, 1 << 20);
    window.set_size(10);
    for (const auto* id : {"a", "b"})
        window.add(line(id), at(0ms));
    take_all(window, at(0ms));
    CHECK(window.lost(true, at(900ms)).empty());
    window.add(line("c"), at(0ms));
    CHECK(take_all(window, at(2s)) == Ids{"a"});
    window.accept("a");
    window.home("a");
    CHECK(take_all(window, at(2s)) == Ids{"b"});
    window.accept("b");
    window.home("b");
    CHECK(take_all(window, at(2s)) == Ids{"c"});
}

TEST_CASE("a line on which the broker closes, alone and three times running, is set aside") {
    Window window(100, 1 << 20);
    window.set_size(10);
    window.add(line("good"), at(0ms));
    window.add(line("poison"), at(0ms));
    take_all(window, at(0s));
    CHECK(window.lost(true, at(500ms)).empty());  // not alone: no strike
    CHECK(take_all(window, at(1s)) == Ids{"good"});
    window.accept("good");
    window.home("good");
    CHECK(take_all(window, at(1s)) == Ids{"poison"});
    CHECK(window.lost(true, at(1500ms)).empty());
    window.add(line("after"), at(0ms));
    CHECK(take_all(window, at(2s)) == Ids{"poison"});
    CHECK(window.lost(true, at(2500ms)).empty());
    CHECK(take_all(window, at(3s)) == Ids{"poison"});
    const auto aside = window.lost(true, at(3500ms));
    REQUIRE(aside.size() == 1);
    CHECK(aside.front().entry.id == "poison");
    CHECK(take_all(window, at(4s)) == Ids{"after"});
}

TEST_CASE("cuts, and closes long after the publication, never count") {
    Window window(100, 1 << 20);
    window.set_size(10);
    window.add(line("a"), at(0ms));
    for (int round = 0; round < 20; ++round) {
        const auto now = at(round * 10s);
        REQUIRE(take_all(window, now) == Ids{"a"});
        const bool by_broker = round % 2 == 0;
        REQUIRE(window.lost(by_broker, {now.tick + (by_broker ? 1001ms : 1ms), now.wall}).empty());
    }
}

TEST_CASE("a broker that closes with nothing in flight says nothing about what waits") {
    Window window(100, 1 << 20);
    window.set_size(10);
    for (int round = 0; round < 5; ++round)
        CHECK(window.lost(true, at(0ms)).empty());
    window.add(line("a"), at(0ms));
    window.add(line("b"), at(0ms));
    CHECK(take_all(window, at(0ms)) == Ids{"a", "b"});
}
