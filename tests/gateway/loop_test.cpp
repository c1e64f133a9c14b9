#include "gateway/loop.hpp"

#include <doctest/doctest.h>

#include <future>
#include <string>

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

/// A loop that nobody runs but poll(), and its clock.
struct Wound {
    Now now{Tick{} + 1h, WallTime{}};
    Loop loop{0, [this] { return now; }};
    std::string done;

    auto mark(char what) {
        return [this, what] { done += what; };
    }
};

}  // namespace

TEST_CASE("what is posted runs in the order of posting, and what it posts after it") {
    Wound wound;
    wound.loop.post([&] {
        wound.done += 'a';
        wound.loop.post(wound.mark('c'));
    });
    wound.loop.post(wound.mark('b'));
    CHECK(wound.done.empty());
    wound.loop.poll();
    CHECK(wound.done == "abc");
    wound.loop.poll();
    CHECK(wound.done == "abc");
}

TEST_CASE("timers run when the clock says so, the earlier ones first, equal ones in the order of setting") {
    Wound wound;
    wound.loop.at(wound.now.tick + 2s, wound.mark('c'));
    wound.loop.at(wound.now.tick + 1s, wound.mark('a'));
    wound.loop.at(wound.now.tick + 1s, wound.mark('b'));
    wound.loop.poll();
    CHECK(wound.done.empty());
    wound.now.tick += 1s;
    wound.loop.poll();
    CHECK(wound.done == "ab");
    wound.now.tick += 1h;
    wound.loop.poll();
    CHECK(wound.done == "abc");
}

TEST_CASE("a cancelled timer does not run, and cancelling it again is nothing") {
    Wound wound;
    const auto id = wound.loop.at(wound.now.tick + 1s, wound.mark('a'));
    wound.loop.at(wound.now.tick + 1s, wound.mark('b'));
    wound.loop.cancel(id);
    wound.loop.cancel(id);
    wound.now.tick += 2s;
    wound.loop.poll();
    CHECK(wound.done == "b");
}

TEST_CASE("a timer may set and cancel others, itself among them") {
    Wound wound;
    Loop::TimerId later{};
    later = wound.loop.at(wound.now.tick + 3s, wound.mark('x'));
    wound.loop.at(wound.now.tick + 1s, [&] {
        wound.done += 'a';
        wound.loop.cancel(later);
        wound.loop.at(wound.now.tick, wound.mark('b'));
    });
    wound.now.tick += 5s;
    wound.loop.poll();
    CHECK(wound.done == "ab");
}

TEST_CASE("a started loop runs what other threads post, and all of it before it stops") {
    Loop loop(0);
    int count = 0;
    loop.post([&] { ++count; });
    loop.start();
    CHECK_FALSE(loop.is_here());
    std::vector<std::thread> posters;
    for (int poster = 0; poster < 4; ++poster)
        posters.emplace_back([&] {
            for (int i = 0; i < 1000; ++i)
                loop.post([&] { ++count; });
        });
    for (auto& poster : posters)
        poster.join();
    loop.stop();
    CHECK(count == 4001);
    CHECK(loop.is_here());
    loop.stop();
}

TEST_CASE("a started loop runs timers by the system's clock, also one that is set sooner than the others") {
    Loop loop(0);
    std::promise<std::string> rang;
    auto ringing = rang.get_future();
    std::string order;
    loop.at(read_clocks().tick + 1h, [&] { order += "never"; });
    loop.start();
    loop.post([&] {
        loop.at(read_clocks().tick + 20ms, [&] {
            order += 'b';
            rang.set_value(order);
        });
        loop.at(read_clocks().tick + 10ms, [&] { order += 'a'; });
    });
    REQUIRE(ringing.wait_for(10s) == std::future_status::ready);
    CHECK(ringing.get() == "ab");
    loop.stop();
}
