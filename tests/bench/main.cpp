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

double per(double count, double seconds) {
    // Below the clock's 10 ms there is nothing to divide by.
    return seconds > 0 ? count / seconds : 0;
}

/// This program is one thread: where it hardly slept, a faster one would have got more out of the server.
void print_load(const Span& span) {
    constexpr double never_idle = 0.9;
    const double busy = per(span.load_busy, span.seconds);
    print("load_busy", busy, 2);
    std::printf("%-26s %s\n", "load_was_the_bound", busy > never_idle ? "yes" : "no");
}

void print_joining(double sessions, const Figures& figures) {
    print("joins_per_second", per(sessions, figures.joining.seconds));
    print("joins_per_cpu_second", per(sessions, figures.joining.server_cpu));
    print("rss_kib_before", figures.before.rss_kib);
    print("rss_kib", figures.after.rss_kib);
    print("pss_kib", figures.after.pss_kib);
    const auto each = [&](std::uint64_t before, std::uint64_t after) {
        return (static_cast<double>(after) - static_cast<double>(before)) / sessions;
    };
    print("rss_kib_per_session", each(figures.before.rss_kib, figures.after.rss_kib), 2);
    print("pss_kib_per_session", each(figures.before.pss_kib, figures.after.pss_kib), 2);
}

void print_lines(const Options& options, const Figures& figures) {
    const auto lines = static_cast<double>(figures.lines), delivered = static_cast<double>(figures.delivered);
    const Span& span = figures.speaking;
    print("lines", figures.lines);
    print("delivered", figures.delivered);
    print("wall_seconds", span.seconds, 3);
    print("cpu_seconds", span.server_cpu, 2);
    print("server_busy", per(span.server_cpu, span.seconds), 2);
    print("lines_per_second", per(lines, span.seconds));
    print("lines_per_cpu_second", per(lines, span.server_cpu));
    print("delivered_per_second", per(delivered, span.seconds));
    print("delivered_per_cpu_second", per(delivered, span.server_cpu));
    if (options.broker_process > 0)
        print("broker_busy", per(span.broker_cpu, span.seconds), 2);
    print("p50_ms", figures.p50_ms, 3);
    print("p99_ms", figures.p99_ms, 3);
    print("missing", figures.faults.missing);
    print("duplicated", figures.faults.duplicated);
    print("reordered", figures.faults.reordered);
    print("crossed", figures.faults.crossed);
    print("unknown", figures.faults.unknown);
}

void print(const Options& options, const Figures& figures) {
    print("rooms", std::uint64_t{options.rooms});
    print("occupants", std::uint64_t{options.occupants});
    print_joining(static_cast<double>(options.rooms) * options.occupants, figures);
    if (options.scenario == Scenario::idle)
        return;
    if (options.scenario != Scenario::joins)
        print_lines(options, figures);
    print_load(options.scenario == Scenario::joins ? figures.joining : figures.speaking);
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
