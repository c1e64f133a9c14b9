#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "adapter.hpp"
#include "broker/child.hpp"
#include "broker/probe.hpp"
#include "mosquitto.hpp"

using namespace mucbridge;

TEST_CASE("embedded: starts a mosquitto of its own, and ends it") {
    const auto port = pick_free_port();
    {
        Adapter adapter("embedded:?port=" + std::to_string(port));
        REQUIRE(adapter.connect() == "up");
        CHECK(adapter.facts().endpoint == "mqtt://127.0.0.1:" + std::to_string(port));
        CHECK(adapter.facts().window == 100);
        CHECK(adapter.publish("a", "x") == "accepted");
        Adapter neighbour(adapter.facts().endpoint, nullptr, "neighbour");
        CHECK(neighbour.connect() == "up");
        CHECK_THROWS_WITH(Adapter("embedded:?port=" + std::to_string(port)), doctest::Contains("is in use"));
    }
    CHECK(is_port_free(port));
}

TEST_CASE("a child that dies is started anew, and what it said last is told") {
    std::mutex mutex;
    std::vector<std::string> said;
    Child child({"/bin/sh", "-c", "echo born $$ >&2; echo last words >&2; exit 3"}, [&](const std::string& line) {
        const std::lock_guard lock(mutex);
        said.push_back(line);
    });
    CHECK(eventually([&] {
        const std::lock_guard lock(mutex);
        return said.size() >= 4;
    }));
    CHECK(eventually([&] { return child.last_end() == "ended with status 3: last words"; }));
    const std::lock_guard lock(mutex);
    CHECK(said[0] != said[2]);
}

TEST_CASE("a child that does not end when asked is made to") {
    pid_t pid = 0;
    {
        std::atomic<bool> ready{false};
        Child child({"/bin/sh", "-c", "trap '' TERM; echo ready >&2; while :; do sleep 1; done"},
                    [&](const std::string&) { ready = true; });
        REQUIRE(eventually([&] { return ready.load(); }));
        pid = child.pid();
        REQUIRE(pid > 0);
    }
    CHECK(::kill(pid, 0) != 0);
}
