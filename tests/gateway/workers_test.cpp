#include "gateway/workers.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>

namespace mucbridge {
namespace {

/// Keeps tasks until it is opened.
struct Gate {
    std::promise<void> promise;
    std::shared_future<void> opened = promise.get_future().share();
};

}  // namespace

TEST_CASE("tasks run on other threads, one after the other where there is one thread") {
    std::atomic<int> running = 0;
    int done = 0;
    std::promise<void> all;
    Workers workers(1, 100);
    for (int task = 0; task < 50; ++task)
        REQUIRE(workers.post([&](const std::stop_token&) {
            CHECK(++running == 1);
            --running;
            if (++done == 50)
                all.set_value();
        }));
    all.get_future().wait();
    CHECK(done == 50);
}

TEST_CASE("so many tasks run at once, so many wait, and one more is refused") {
    Gate gate;
    std::atomic<int> running = 0;
    std::promise<void> both;
    Workers workers(2, 3);
    const auto task = [&](const std::stop_token&) {
        if (++running == 2)
            both.set_value();
        gate.opened.wait();
    };
    REQUIRE(workers.post(task));
    REQUIRE(workers.post(task));
    both.get_future().wait();
    for (int waiting = 0; waiting < 3; ++waiting)
        CHECK(workers.post([](const std::stop_token&) {}));
    CHECK_FALSE(workers.post([](const std::stop_token&) {}));
    gate.promise.set_value();
}

TEST_CASE("at the end what runs is told to stop, and what waits does not run") {
    std::atomic<bool> has_run = false;
    std::promise<void> begun;
    {
        Workers workers(1, 10);
        REQUIRE(workers.post([&](const std::stop_token& stop) {
            begun.set_value();
            std::promise<void> told;
            const std::stop_callback on_stop(stop, [&] { told.set_value(); });
            told.get_future().wait();
        }));
        begun.get_future().wait();
        REQUIRE(workers.post([&](const std::stop_token&) { has_run = true; }));
    }
    CHECK_FALSE(has_run);
}

}  // namespace mucbridge
