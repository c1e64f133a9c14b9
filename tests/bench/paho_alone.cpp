// paho_alone URL QOS PROPERTIES : what the MQTT adapter and its library do without a gateway. Publishes lines of 100
// bytes with so many user properties and hears them again, 100 on their way, for four seconds. The room-to-topic row
// cannot be faster than this.

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <string>

#include "broker/mqtt.hpp"

using namespace mucbridge;

namespace {

constexpr int window = 100;
constexpr std::chrono::seconds duration{4};

struct Counts {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_up = false, is_granted = false;
    int flying = 0;
    long home = 0;

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
    if (argc != 4)
        return std::fputs("want URL QOS PROPERTIES\n", stderr), 64;
    const int qos = std::atoi(argv[2]), properties = std::atoi(argv[3]);
    BrokerConfig config;
    config.url = argv[1];
    config.client_id = "paho-alone";
    Counts counts;
    const BrokerEvents events{[&](const BrokerFacts&) { counts.change([&] { counts.is_up = true; }); },
                              [](const BrokerDown& down) {
                                  std::fprintf(stderr, "%s\n", down.reason.c_str());
                                  ::_exit(69);
                              },
                              [&](const Delivery&) { counts.change([&] { --counts.flying, ++counts.home; }); }};
    const auto broker = make_mqtt_broker(config, {.origin = "bench", .announces = false, .state = "."}, events);
    if (!broker)
        return std::fprintf(stderr, "%s\n", broker.error().text.c_str()), 64;
    (*broker)->connect();
    counts.wait([&] { return counts.is_up; });
    (*broker)->subscribe("bench", qos, [&](const Granted&) { counts.change([&] { counts.is_granted = true; }); });
    counts.wait([&] { return counts.is_granted; });

    Publication line{"bench", std::string(100, 'x'), qos, false, {}, true, {}};
    for (int i = 0; i < properties; ++i)
        line.properties.emplace_back("mucbridge-" + std::to_string(i), "01936f2c-5b3e-7c1a-9d4e-0f6a7b8c9d0e");
    const std::clock_t started = std::clock();
    const auto end = std::chrono::steady_clock::now() + duration;
    while (std::chrono::steady_clock::now() < end) {
        counts.wait([&] { return counts.flying < window; });
        counts.change([&] { ++counts.flying; });
        (*broker)->publish(line, nullptr);
    }
    const double cpu = static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC;
    const std::lock_guard lock(counts.mutex);
    std::printf("%.0f lines a second, %.0f a CPU second\n", static_cast<double>(counts.home) / duration.count(),
                static_cast<double>(counts.home) / cpu);
    std::fflush(stdout);
    ::_exit(0);  // with lines on their way
}
