// The load program. It prints one figure a line, by name, and fails where a line is missing, came twice or out of
// order.

#include <sys/resource.h>

#include <cstdio>
#include <exception>

#include "bench/load.hpp"

namespace mucbridge::bench {

namespace {

constexpr int exit_faults = 1, exit_unavailable = 69;

void allow_many_sockets() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void print(const char* name, double value, int decimals = 0) { std::printf("%-26s %.*f\n", name, decimals, value); }
void print(const char* name, std::uint64_t value) {
    std::printf("%-26s %llu\n", name, static_cast<unsigned long long>(value));
}

void print(const Options& options, const Figures& figures) {
    const auto delivered = static_cast<double>(figures.delivered);
    const double sessions = static_cast<double>(options.rooms) * options.occupants;
    print("rooms", std::uint64_t{options.rooms});
    print("occupants", std::uint64_t{options.occupants});
    print("joins_per_second", sessions / figures.join_seconds);
    print("lines", figures.lines);
    print("delivered", figures.delivered);
    print("wall_seconds", figures.wall_seconds, 3);
    print("cpu_seconds", figures.cpu_seconds, 2);
    print("delivered_per_second", delivered / figures.wall_seconds);
    // Below the clock's 10 ms there is nothing to divide by.
    print("delivered_per_cpu_second", figures.cpu_seconds > 0 ? delivered / figures.cpu_seconds : 0);
    print("p50_ms", figures.p50_ms, 3);
    print("p99_ms", figures.p99_ms, 3);
    print("missing", figures.faults.missing);
    print("duplicated", figures.faults.duplicated);
    print("reordered", figures.faults.reordered);
    print("crossed", figures.faults.crossed);
    print("unknown", figures.faults.unknown);
}

int run(int argc, char** argv) {
    const Options options = parse_options(argc, argv);
    allow_many_sockets();
    try {
        const Figures figures = Load(options).run();
        print(options, figures);
        return figures.faults.sum() == 0 ? 0 : exit_faults;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_load: %s\n", error.what());
        return exit_unavailable;
    }
}

}  // namespace

}  // namespace mucbridge::bench

int main(int argc, char** argv) { return mucbridge::bench::run(argc, argv); }
