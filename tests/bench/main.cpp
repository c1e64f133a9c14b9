// The load program. It prints one figure a line, by name, and fails where a line is missing, came twice or out of
// order.

#include <sys/resource.h>

#include <cstdio>
#include <exception>
#include <string>

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

void print(const std::string& name, double value, int decimals = 0) {
    std::printf("%-30s %.*f\n", name.c_str(), decimals, value);
}
void print(const std::string& name, std::uint64_t value) {
    std::printf("%-30s %llu\n", name.c_str(), static_cast<unsigned long long>(value));
}

double per(double count, double seconds) { return seconds > 0 ? count / seconds : 0; }

/// This program is one thread: where it hardly slept, or was kept waiting for its core, a faster one would have got
/// more out of the server.
void print_load(const std::string& way, const Span& span) {
    constexpr double never_idle = 0.9;
    const double busy = per(span.load_busy, span.seconds);
    print(way + "load_busy", busy, 2);
    std::printf("%-30s %s\n", (way + "load_was_the_bound").c_str(), busy > never_idle ? "yes" : "no");
}

void print_joining(double sessions, const Figures& figures) {
    print("joins_per_second", per(sessions, figures.joining.seconds));
    print("joins_per_cpu_second", per(sessions, figures.joining.server_cpu));
    print_load("joining_", figures.joining);
    print("rss_kib_before", figures.before.rss_kib);
    print("rss_kib", figures.after.rss_kib);
    print("pss_kib", figures.after.pss_kib);
    const auto each = [&](std::uint64_t before, std::uint64_t after) {
        return (static_cast<double>(after) - static_cast<double>(before)) / sessions;
    };
    print("rss_kib_per_session", each(figures.before.rss_kib, figures.after.rss_kib), 2);
    print("pss_kib_per_session", each(figures.before.pss_kib, figures.after.pss_kib), 2);
}

void print_talk(const Options& options, const std::string& way, const Talk& talk) {
    const auto lines = static_cast<double>(talk.lines), delivered = static_cast<double>(talk.delivered);
    const Span& span = talk.span;
    const auto name = [&](const char* figure) { return way + figure; };
    print(name("lines"), talk.lines);
    print(name("delivered"), talk.delivered);
    print(name("wall_seconds"), span.seconds, 3);
    print(name("cpu_seconds"), span.server_cpu, 3);
    print(name("server_busy"), per(span.server_cpu, span.seconds), 2);
    if (options.broker_process > 0)
        print(name("broker_busy"), per(span.broker_cpu, span.seconds), 2);
    print(name("lines_per_second"), per(lines, span.seconds));
    print(name("lines_per_cpu_second"), per(lines, span.server_cpu));
    print(name("delivered_per_second"), per(delivered, span.seconds));
    print(name("delivered_per_cpu_second"), per(delivered, span.server_cpu));
    print(name("p50_ms"), talk.p50_ms, 3);
    print(name("p99_ms"), talk.p99_ms, 3);
    print_load(way, span);
}

void print_faults(const Faults& faults) {
    print("missing", faults.missing);
    print("duplicated", faults.duplicated);
    print("reordered", faults.reordered);
    print("crossed", faults.crossed);
    print("unknown", faults.unknown);
}

void print(const Options& options, const Figures& figures) {
    print("rooms", std::uint64_t{options.rooms});
    print("occupants", std::uint64_t{options.occupants});
    if (options.occupants > 0)
        print_joining(static_cast<double>(options.rooms) * options.occupants, figures);
    if (figures.closed_loop)
        print_talk(options, "", *figures.closed_loop);
    if (figures.at_rate)
        print_talk(options, "rate_", *figures.at_rate);
    if (figures.closed_loop || figures.at_rate)
        print_faults(figures.faults);
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
