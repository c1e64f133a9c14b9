#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/time.hpp"

namespace mucbridge {

/// The ids of lines said lately, so that a second copy is known. Bounded: the oldest is forgotten for a new one.
class RecentIds {
public:
    struct Entry {
        WallTime published_at;
        bool is_ours = false;  // said by an occupant of this room
    };

    explicit RecentIds(std::size_t limit) : limit_(limit) {}

    /// Takes no notice of an id that it has.
    void add(const std::string& id, Entry entry);
    /// As new: it will be forgotten after all that are known.
    void renew(const std::string& id, Entry entry);
    /// Null where the id is not known.
    const Entry* find(const std::string& id) const;
    /// The publication time of the latest line that had to be forgotten: a line no later than that may be a copy.
    WallTime forgotten_until() const { return forgotten_until_; }
    std::size_t size() const { return entries_.size(); }

private:
    std::size_t limit_;
    using Order = std::list<const std::string*>;
    struct Known {
        Entry entry;
        Order::iterator place;
    };
    std::unordered_map<std::string, Known> entries_;
    Order order_;  // oldest first; the keys of entries_, which do not move
    WallTime forgotten_until_ = WallTime::min();
};

}  // namespace mucbridge
