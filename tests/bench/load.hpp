#pragma once

#include <memory>
#include <vector>

#include "bench/client.hpp"

namespace mucbridge::bench {

/// What a run came to.
struct Figures {
    std::uint64_t lines = 0, delivered = 0;
    Faults faults;
    double join_seconds = 0;        // until the last one is in
    double wall_seconds = 0;        // from the first line until the last delivery
    double cpu_seconds = 0;         // of the server, in that time
    double p50_ms = 0, p99_ms = 0;  // of a delivery, from when its line was due (closed loop: was said)
};

/// Rooms full of clients, on one thread.
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

    void join_all();
    void await_silence();
    void speak();
    Tick speak_in_closed_loop(Tick start);
    Tick speak_at_rate(Tick start);
    bool has_more(Tick start) const;
    void say(unsigned room, Tick due);
    std::uint64_t on_the_way() const;
    /// Waits until then at the longest; whether anything came.
    bool poll(Tick until);

    const Options& options_;
    Descriptor poll_;
    std::vector<RoomTally> tallies_;
    std::vector<std::unique_ptr<Client>> clients_;  // room by room
    Latencies latencies_;
    std::uint64_t said_ = 0;
};

}  // namespace mucbridge::bench
