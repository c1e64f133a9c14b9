#include "gateway/pressure.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

using Outcome = Pressure::Outcome;
constexpr auto at_length = 60s;

/// A bound of 32 lines and 3200 bytes, and what takes up of it.
struct Pressed {
    std::shared_ptr<BrokerCalls> calls = std::make_shared<BrokerCalls>();
    std::shared_ptr<Pressure> pressure = std::make_shared<Pressure>(Pressure::Load{32, 3200}, calls);
    std::deque<std::optional<Pressure::Place>> places;

    void fill(int lines, std::size_t bytes = 1) {
        for (int i = 0; i < lines; ++i)
            places.emplace_back().emplace(pressure, Pressure::Load{1, bytes});
    }
    /// In a thread of its own, as a broker's callback.
    std::future<Outcome> hold_back() {
        return std::async(std::launch::async, [this] { return pressure->hold_back(at_length); });
    }
};

}  // namespace

TEST_CASE("below its bound nobody waits") {
    Pressed test;
    CHECK(test.pressure->hold_back(0ms) == Outcome::at_once);
    test.fill(31);
    CHECK(test.pressure->hold_back(0ms) == Outcome::at_once);
    CHECK(test.pressure->load().lines == 31);
    CHECK(test.pressure->load().bytes == 31);
}

TEST_CASE("at the bound of lines or of bytes a broker is held back, for as long as it is told and no longer") {
    Pressed lines, bytes;
    lines.fill(32);
    CHECK(lines.pressure->hold_back(1ms) == Outcome::too_long);
    bytes.fill(1, 3200);
    CHECK(bytes.pressure->hold_back(1ms) == Outcome::too_long);
    bytes.places.clear();
    CHECK(bytes.pressure->hold_back(1ms) == Outcome::at_once);
}

TEST_CASE("it goes on when a part is free again, not with the first line") {
    Pressed test;
    test.fill(32);
    test.places.pop_front();
    CHECK(test.pressure->hold_back(0ms) == Outcome::at_once);
    test.fill(1);
    auto held = test.hold_back();
    while (test.places.size() > 29)
        test.places.pop_front();
    CHECK(held.get() != Outcome::too_long);
}

TEST_CASE("a place gives back what it took up, its lines before its bytes where it is told to") {
    Pressed test;
    test.fill(2, 100);
    test.places.front()->give_back_lines();
    CHECK(test.pressure->load().lines == 1);
    CHECK(test.pressure->load().bytes == 200);
    test.places.clear();
    CHECK(test.pressure->load().lines == 0);
    CHECK(test.pressure->load().bytes == 0);
}

TEST_CASE("a loop that calls a broker ends the hold, whose callback may have the lock that the call wants") {
    Pressed test;
    test.fill(32);
    auto held = test.hold_back();
    const BrokerCalls::Call call(*test.calls);
    CHECK(held.get() == Outcome::interrupted);
    CHECK(test.pressure->hold_back(at_length) == Outcome::interrupted);
}

TEST_CASE("a call of one broker ends the hold of another, for libraries have one lock for all") {
    Pressed test;
    const auto other = std::make_shared<Pressure>(Pressure::Load{1, 1}, test.calls);
    const Pressure::Place place(other, {1, 1});
    auto held = std::async(std::launch::async, [&] { return other->hold_back(at_length); });
    const BrokerCalls::Call call(*test.calls);
    CHECK(held.get() == Outcome::interrupted);
}

TEST_CASE(
    "what a broker delivers as fast as it can stays within the bound, whoever handles it and whatever is called") {
    Pressed test;
    struct Mailbox {
        std::mutex mutex;
        std::deque<std::unique_ptr<Pressure::Place>> tasks;
        bool is_over = false;
    } mailbox;
    std::size_t most = 0, interrupted = 0;
    std::thread loop([&] {
        for (int handled = 0;; ++handled) {
            std::unique_ptr<Pressure::Place> task;
            {
                const std::lock_guard lock(mailbox.mutex);
                if (mailbox.is_over && mailbox.tasks.empty())
                    return;
                if (!mailbox.tasks.empty()) {
                    task = std::move(mailbox.tasks.front());
                    mailbox.tasks.pop_front();
                }
            }
            if (handled % 64 == 0)
                const BrokerCalls::Call call(*test.calls);
        }
    });
    for (int i = 0; i < 20000; ++i) {
        interrupted += test.pressure->hold_back(at_length) == Outcome::interrupted ? 1 : 0;
        auto place = std::make_unique<Pressure::Place>(test.pressure, Pressure::Load{1, 10});
        const std::lock_guard lock(mailbox.mutex);
        mailbox.tasks.push_back(std::move(place));
        most = std::max(most, mailbox.tasks.size());
    }
    {
        const std::lock_guard lock(mailbox.mutex);
        mailbox.is_over = true;
    }
    loop.join();
    CHECK(most <= 32 + interrupted);
    CHECK(test.pressure->load().lines == 0);
    CHECK(test.pressure->load().bytes == 0);
}
