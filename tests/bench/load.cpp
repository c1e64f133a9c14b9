#include "bench/load.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace mucbridge::bench {

namespace {

constexpr std::chrono::milliseconds silence{300};  // after the joins: their presences are home

timespec to_timespec(std::chrono::nanoseconds time) {
    const auto count = std::max<std::int64_t>(0, time.count());
    return {count / 1'000'000'000, count % 1'000'000'000};
}

/// Whoever sees a room's lines: where topics hear them, their subscriber is the last.
RoomTally make_tally(const Options& options) {
    return RoomTally(options.occupants + (options.subscribes() ? 1 : 0), options.senders);
}

}  // namespace

Load::Descriptor::~Descriptor() { ::close(number); }

Load::Load(const Options& options)
    : options_(options), poll_(::epoll_create1(EPOLL_CLOEXEC)), tallies_(options.rooms, make_tally(options)) {
    for (unsigned room = 0; room < options.rooms; ++room)
        for (unsigned occupant = 0; occupant < options.occupants; ++occupant)
            clients_.push_back(std::make_unique<Client>(options, room, occupant, tallies_[room], latencies_));
}

Load::~Load() {
    for (const auto& client : clients_)
        client->leave();
}

Load::Mark Load::mark() const {
    const auto broker_cpu =
        options_.broker_process > 0 ? cpu_time(options_.broker_process) : std::chrono::nanoseconds{};
    return {now(), cpu_time(options_.server_process), broker_cpu, own_busy_time()};
}

Span Load::between(const Mark& begin, const Mark& end) {
    return {to_seconds(end.at - begin.at), to_seconds(end.server_cpu - begin.server_cpu),
            to_seconds(end.broker_cpu - begin.broker_cpu), to_seconds(end.load_busy - begin.load_busy)};
}

Figures Load::run() {
    Figures figures;
    figures.before = memory_of(options_.server_process);
    const Mark start = mark();
    join_all();
    const Mark joined = mark();
    await_silence();
    figures.joining = between(start, joined);
    // The last presences are still being written when the last one is in.
    figures.joining.server_cpu = between(start, mark()).server_cpu;
    if (options_.scenario == Scenario::idle)
        settle();
    figures.after = memory_of(options_.server_process);
    if (options_.publishes())
        open(publisher_, Topics::Role::publisher);
    if (options_.subscribes())
        open(subscriber_, Topics::Role::subscriber);
    if (options_.scenario == Scenario::idle || options_.scenario == Scenario::joins)
        return figures;
    if (options_.window > 0)
        figures.closed_loop = measure(&Load::talk_in_closed_loop);
    if (options_.rate > 0)
        figures.at_rate = measure(&Load::talk_at_rate);
    for (const RoomTally& tally : tallies_)
        figures.faults += tally.faults();
    return figures;
}

Talk Load::measure(void (Load::*talk)(Tick start)) {
    said_ = 0;
    latencies_ = {};
    const auto delivered_before = delivered();
    const Mark first = mark();
    (this->*talk)(first.at);
    const Span span = between(first, mark());
    // What comes twice may come late.
    await_silence();
    return {span, said_, delivered() - delivered_before, to_seconds(latencies_.quantile(0.5)) * 1e3,
            to_seconds(latencies_.quantile(0.99)) * 1e3};
}

bool Load::poll(Tick until) {
    const timespec patience = to_timespec(until - now());
    std::array<epoll_event, 256> events;
    const int count = ::epoll_pwait2(poll_.number, events.data(), static_cast<int>(events.size()), &patience, nullptr);
    if (count < 0 && errno != EINTR)
        throw std::runtime_error(std::string("epoll_pwait2: ") + std::strerror(errno));
    for (std::size_t i = 0; static_cast<int>(i) < count; ++i)
        static_cast<Connection*>(events[i].data.ptr)->on_event(events[i].events);
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

void Load::open(std::optional<Topics>& topics, Topics::Role role) {
    topics.emplace(options_, role, tallies_, latencies_);
    topics->connect(poll_.number);
    while (!topics->is_ready())
        if (!poll(now() + options_.patience))
            throw std::runtime_error("the broker was silent for too long");
}

void Load::await_silence() {
    while (poll(now() + silence)) {
    }
}

void Load::settle() {
    for (const Tick end = now() + options_.settle; now() < end;)
        poll(end);
}

std::uint64_t Load::on_the_way() const {
    std::uint64_t sum = 0;
    for (const RoomTally& tally : tallies_)
        sum += tally.on_the_way();
    return sum;
}

std::uint64_t Load::delivered() const {
    std::uint64_t sum = 0;
    for (const RoomTally& tally : tallies_)
        sum += tally.delivered();
    return sum;
}

bool Load::has_more(Tick start) const {
    return options_.lines > 0 ? said_ < options_.lines : to_seconds(now() - start) < options_.seconds;
}

void Load::say(unsigned room, Tick due) {
    const LineName name = tallies_[room].say(due);
    ++said_;
    if (publisher_) {
        publisher_->publish(room, name);
        unflushed_.push_back(&*publisher_);
        return;
    }
    Client& client = *clients_[std::size_t{room} * options_.occupants + name.sender];
    client.say(name);
    unflushed_.push_back(&client);
}

/// One write for all that somebody said in this turn.
void Load::flush() {
    for (Connection* connection : unflushed_)
        connection->flush();
    unflushed_.clear();
}

// Each returns when the last delivery came, or nothing has come for too long.

void Load::talk_in_closed_loop(Tick start) {
    do {
        for (unsigned room = 0; room < options_.rooms; ++room)
            while (tallies_[room].on_the_way() < options_.window && has_more(start))
                say(room, now());
        flush();
    } while (on_the_way() > 0 && poll(now() + options_.patience));
}

void Load::talk_at_rate(Tick start) {
    const double total = options_.lines > 0 ? static_cast<double>(options_.lines) : options_.rate * options_.seconds;
    const auto lines = static_cast<std::uint64_t>(std::ceil(total));
    const auto due = [&](std::uint64_t line) {
        return start + std::chrono::nanoseconds(std::llround(static_cast<double>(line) / options_.rate * 1e9));
    };
    while (said_ < lines) {
        for (const Tick at = now(); said_ < lines && due(said_) <= at;)
            say(static_cast<unsigned>(said_ % options_.rooms), due(said_));
        flush();
        if (said_ < lines)
            poll(due(said_));
    }
    while (on_the_way() > 0 && poll(now() + options_.patience)) {
    }
}

}  // namespace mucbridge::bench
