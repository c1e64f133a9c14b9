#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <unordered_map>

#include "core/time.hpp"

namespace mucbridge {

/// When the last room of each name was closed: what was published until then it has said, or nobody was there to hear
/// it. Of very many rooms only one time is kept, for all.
class ClosedRooms {
public:
    void add(const std::string& room, WallTime now) {
        if (times_.size() >= most) {
            for (const auto& [name, time] : times_)
                others_ = std::max(others_, time);
            times_.clear();
        }
        times_[room] = now;
    }
    WallTime last(const std::string& room) const {
        const auto found = times_.find(room);
        return found == times_.end() ? others_ : found->second;
    }

private:
    static constexpr std::size_t most = 10000;
    std::unordered_map<std::string, WallTime> times_;
    WallTime others_ = WallTime::min();
};

}  // namespace mucbridge
