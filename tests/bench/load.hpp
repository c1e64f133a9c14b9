#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "bench/client.hpp"
#include "bench/process_usage.hpp"
#include "bench/topics.hpp"

namespace mucbridge::bench {

/// A while, and what was used in it.
struct Span {
    double seconds = 0;
    double server_cpu = 0, broker_cpu = 0;  // seconds
    double load_busy = 0;                   // seconds in which this program did not sleep
};

/// Lines said in one way, from the first until the last delivery.
struct Talk {
    Span span;
    std::uint64_t lines = 0, delivered = 0;
    double p50_ms = 0, p99_ms = 0;  // of a delivery, from when its line was due (closed loop: was said)
};

/// What a run came to.
struct Figures {
    Memory before, after;  // all in, and nobody having spoken
    Span joining;          // until the last one is in
    std::optional<Talk> closed_loop, at_rate;
    Faults faults;
};

/// Rooms full of clients, and their topics, on one thread.
class Load {
public:
    explicit Load(const Options& options);
    ~Load();
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    /// Throws std::runtime_error where the server does not play along.
    Figures run();

private:
    /// A descriptor that closes itself.
    struct Descriptor {
        explicit Descriptor(int opened) : number(opened) {}
        ~Descriptor();
        Descriptor(const Descriptor&) = delete;
        Descriptor& operator=(const Descriptor&) = delete;
        const int number;
    };
    /// What all have used until now.
    struct Mark {
        Tick at;
        std::chrono::nanoseconds server_cpu, broker_cpu, load_busy;
    };

    Mark mark() const;
    static Span between(const Mark& begin, const Mark& end);
    void join_all();
    void open(std::optional<Topics>& topics, Topics::Role role);
    void await_silence();
    void settle();
    Talk measure(void (Load::*talk)(Tick start));
    void talk_in_closed_loop(Tick start);
    void talk_at_rate(Tick start);
    bool has_more(Tick start) const;
    void say(unsigned room, Tick due);
    void flush();
    std::uint64_t on_the_way() const;
    std::uint64_t delivered() const;
    /// Waits until then at the longest; whether anything came.
    bool poll(Tick until);

    const Options& options_;
    Descriptor poll_;
    std::vector<RoomTally> tallies_;
    Latencies latencies_;
    std::vector<std::unique_ptr<Client>> clients_;  // room by room
    std::optional<Topics> publisher_, subscriber_;
    std::vector<Connection*> unflushed_;
    std::uint64_t said_ = 0;  // in this talk
};

}  // namespace mucbridge::bench
