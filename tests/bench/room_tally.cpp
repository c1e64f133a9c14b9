#include "bench/room_tally.hpp"

#include <algorithm>

namespace mucbridge::bench {

Faults& Faults::operator+=(const Faults& other) {
    missing += other.missing;
    duplicated += other.duplicated;
    reordered += other.reordered;
    crossed += other.crossed;
    unknown += other.unknown;
    return *this;
}

RoomTally::RoomTally(unsigned occupants, unsigned senders) : senders_(senders), views_(occupants) {
    for (View& view : views_)
        view.next.resize(senders);
}

LineName RoomTally::say(Tick due) {
    const auto index = lines_.size();
    lines_.push_back({due, 0, static_cast<std::uint32_t>(views_.size())});
    ++on_the_way_;
    return {static_cast<std::uint32_t>(index % senders_), static_cast<std::uint32_t>(index / senders_)};
}

/// Whether this view sees the line for the first time; counts what is wrong about when.
bool RoomTally::accept(View& view, LineName name) {
    std::uint32_t& next = view.next[name.sender];
    if (name.number < next) {
        const bool is_late = view.skipped.erase({name.sender, name.number}) > 0;
        ++(is_late ? faults_.reordered : faults_.duplicated);
        return is_late;
    }
    for (; next < name.number; ++next)
        view.skipped.insert({name.sender, next});
    ++next;
    return true;
}

void RoomTally::hear(unsigned occupant, LineName name, Tick at, Latencies& latencies) {
    const std::uint64_t index = std::uint64_t{name.number} * senders_ + name.sender;
    if (name.sender >= senders_ || index >= lines_.size()) {
        ++faults_.unknown;
        return;
    }
    View& view = views_[occupant];
    if (!accept(view, name))
        return;
    Line& line = lines_[index];
    if (line.rank == 0)
        line.rank = ++ranks_;
    // Where all see one order, whoever is ahead defines it, and nobody ever sees a rank below one that they saw.
    if (line.rank < view.rank)
        ++faults_.crossed;
    view.rank = std::max(view.rank, line.rank);
    ++delivered_;
    latencies.add(at - line.due);
    if (--line.still_out == 0)
        --on_the_way_;
}

Faults RoomTally::faults() const {
    Faults faults = faults_;
    faults.missing = lines_.size() * views_.size() - delivered_;
    return faults;
}

}  // namespace mucbridge::bench
