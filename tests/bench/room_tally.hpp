#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "bench/latencies.hpp"
#include "bench/line_scanner.hpp"
#include "bench/tick.hpp"

namespace mucbridge::bench {

/// What must not happen to a line, and how often it did.
struct Faults {
    std::uint64_t missing = 0;     // deliveries that never came
    std::uint64_t duplicated = 0;  // deliveries that came again
    std::uint64_t reordered = 0;   // deliveries of a line after a later one of the same sender
    std::uint64_t crossed = 0;     // deliveries against the order in which others had seen two lines
    std::uint64_t unknown = 0;     // lines that nobody said
    std::uint64_t sum() const { return missing + duplicated + reordered + crossed + unknown; }
    Faults& operator+=(const Faults& other);
};

/// Every line of a room, every occupant's view of it, and what is wrong with that. The senders speak in turn.
class RoomTally {
public:
    RoomTally(unsigned occupants, unsigned senders);

    /// The next line, due then.
    LineName say(Tick due);
    /// An occupant was given a line.
    void hear(unsigned occupant, LineName name, Tick at, Latencies& latencies);

    /// Said, and not yet with every occupant.
    std::uint64_t on_the_way() const { return on_the_way_; }
    std::uint64_t lines() const { return lines_.size(); }
    std::uint64_t delivered() const { return delivered_; }
    /// With what is missing now.
    Faults faults() const;

private:
    struct Line {
        Tick due;
        std::uint32_t rank = 0;       // its place in the one order, from 1: that in which anybody first saw it
        std::uint32_t still_out = 0;  // occupants that have not seen it
    };
    struct View {                           // of one occupant
        std::uint32_t rank = 0;             // the highest seen
        std::vector<std::uint32_t> next{};  // by sender
        std::set<std::pair<std::uint32_t, std::uint32_t>> skipped{};
    };

    bool accept(View& view, LineName name);

    unsigned senders_;
    std::vector<Line> lines_;
    std::vector<View> views_;
    std::uint32_t ranks_ = 0;
    std::uint64_t on_the_way_ = 0, delivered_ = 0;
    Faults faults_;
};

}  // namespace mucbridge::bench
