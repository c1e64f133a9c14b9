// adapter_alone URL [PROTOCOL [PROFILE]] : what a broker's adapter does without a gateway. Publishes lines of 100 bytes
// with the properties that a gateway's have, at QoS 1, 100 of them unsettled, for four seconds; counts settlements.

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <string>

#include "bench/bare.hpp"
#include "broker/broker.hpp"

using namespace mucbridge;

namespace {

struct Counts {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_up = false;
    unsigned flying = 0;
    long settled = 0;

    template <class Change>
    void change(Change what) {
        const std::lock_guard lock(mutex);
        what();
        changed.notify_all();
    }
    template <class Condition>
    void wait(Condition condition) {
        std::unique_lock lock(mutex);
        changed.wait(lock, condition);
    }
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2 || argc > 4)
        return std::fputs("want URL [PROTOCOL [PROFILE]]\n", stderr), 64;
    BrokerConfig config;
    config.url = argv[1];
    config.client_id = "alone";
    config.protocol = argc > 2 ? argv[2] : "";
    config.profile = argc > 3 ? argv[3] : "";
    Counts counts;
    const BrokerEvents events{[&](const BrokerFacts&) { counts.change([&] { counts.is_up = true; }); },
                              [](const BrokerDown& down) {
                                  std::fprintf(stderr, "%s\n", down.reason.c_str());
                                  ::_exit(69);
                              },
                              [](const Delivery&) {}};
    const auto broker = open_broker(config, {.origin = "bench", .announces = false, .state = "."}, events);
    if (!broker)
        return std::fprintf(stderr, "%s\n", broker.error().text.c_str()), 64;
    (*broker)->connect(true);
    counts.wait([&] { return counts.is_up; });

    Publication line;
    line.address = "bench";
    line.payload = std::string(bare::payload_bytes, 'x');
    for (const auto& [name, value] : bare::properties())
        line.properties.emplace_back(name, value);
    const std::clock_t started = std::clock();
    const auto end = std::chrono::steady_clock::now() + bare::duration;
    while (std::chrono::steady_clock::now() < end) {
        counts.wait([&] { return counts.flying < bare::window; });
        counts.change([&] { ++counts.flying; });
        (*broker)->publish(line, [&](const Settlement&) { counts.change([&] { --counts.flying, ++counts.settled; }); });
    }
    const std::lock_guard lock(counts.mutex);
    bare::print(counts.settled, static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC);
    ::_exit(0);  // with lines on their way
}
