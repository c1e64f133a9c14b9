#include "bench/load.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "bench/process_cpu.hpp"

namespace mucbridge::bench {

namespace {

constexpr std::chrono::milliseconds silence{300};  // after the joins: their presences are home

timespec to_timespec(std::chrono::nanoseconds time) {
    const auto count = std::max<std::int64_t>(0, time.count());
    return {count / 1'000'000'000, count % 1'000'000'000};
}

}  // namespace

Load::Descriptor::~Descriptor() { ::close(number); }

Load::Load(const Options& options)
    : options_(options),
      poll_(::epoll_create1(EPOLL_CLOEXEC)),
      tallies_(options.rooms, RoomTally(options.occupants, options.senders)) {
    for (unsigned room = 0; room < options.rooms; ++room)
        for (unsigned occupant = 0; occupant < options.occupants; ++occupant)
            clients_.push_back(std::make_unique<Client>(options, tallies_[room], room, occupant));
}

Load::~Load() {
    for (const auto& client : clients_)
        client->leave();
}

Figures Load::run() {
    Figures figures;
    const Tick start = now();
    join_all();
    figures.join_seconds = to_seconds(now() - start);
    await_silence();

    const auto cpu_before = cpu_time(options_.server);
    const Tick first = now();
    const Tick last = options_.rate > 0 ? speak_at_rate(first) : speak_in_closed_loop(first);
    figures.cpu_seconds = to_seconds(cpu_time(options_.server) - cpu_before);
    figures.wall_seconds = to_seconds(last - first);
    // What comes twice may come late.
    await_silence();

    figures.lines = said_;
    for (const RoomTally& tally : tallies_) {
        figures.delivered += tally.delivered();
        figures.faults += tally.faults();
    }
    figures.p50_ms = to_seconds(latencies_.quantile(0.5)) * 1e3;
    figures.p99_ms = to_seconds(latencies_.quantile(0.99)) * 1e3;
    return figures;
}

bool Load::poll(Tick until) {
    const timespec patience = to_timespec(until - now());
    std::array<epoll_event, 256> events;
    const int count = ::epoll_pwait2(poll_.number, events.data(), static_cast<int>(events.size()), &patience, nullptr);
    if (count < 0 && errno != EINTR)
        throw std::runtime_error(std::string("epoll_pwait2: ") + std::strerror(errno));
    for (std::size_t i = 0; static_cast<int>(i) < count; ++i)
        static_cast<Client*>(events[i].data.ptr)->on_event(events[i].events, latencies_);
    return count > 0;
}

void Load::join_all() {
    std::vector<Client*> entering;
    for (std::size_t next = 0; next < clients_.size() || !entering.empty();) {
        for (; entering.size() < options_.connecting && next < clients_.size(); ++next) {
            clients_[next]->connect(poll_.number);
            entering.push_back(clients_[next].get());
        }
        if (!poll(now() + options_.patience))
            throw std::runtime_error("the server was silent for too long while the rooms were filling");
        std::erase_if(entering, [](const Client* client) { return client->is_joined(); });
    }
}

void Load::await_silence() {
    while (poll(now() + silence)) {
    }
}

std::uint64_t Load::on_the_way() const {
    std::uint64_t sum = 0;
    for (const RoomTally& tally : tallies_)
        sum += tally.on_the_way();
    return sum;
}

bool Load::has_more(Tick start) const {
    return options_.lines > 0 ? said_ < options_.lines : to_seconds(now() - start) < options_.seconds;
}

void Load::say(unsigned room, Tick due) {
    const LineName name = tallies_[room].say(due);
    ++said_;
    clients_[std::size_t{room} * options_.occupants + name.sender]->say(name);
}

/// Each returns when the last delivery came.
Tick Load::speak_in_closed_loop(Tick start) {
    do {
        for (unsigned room = 0; room < options_.rooms; ++room)
            while (tallies_[room].on_the_way() < options_.window && has_more(start))
                say(room, now());
    } while (poll(now() + options_.patience) && (has_more(start) || on_the_way() > 0));
    return now();
}

Tick Load::speak_at_rate(Tick start) {
    const double total = options_.lines > 0 ? static_cast<double>(options_.lines) : options_.rate * options_.seconds;
    const auto lines = static_cast<std::uint64_t>(std::ceil(total));
    const auto due = [&](std::uint64_t line) {
        return start + std::chrono::nanoseconds(std::llround(static_cast<double>(line) / options_.rate * 1e9));
    };
    while (said_ < lines) {
        for (const Tick at = now(); said_ < lines && due(said_) <= at;)
            say(static_cast<unsigned>(said_ % options_.rooms), due(said_));
        if (said_ < lines)
            poll(due(said_));
    }
    while (on_the_way() > 0 && poll(now() + options_.patience)) {
    }
    return now();
}

}  // namespace mucbridge::bench
