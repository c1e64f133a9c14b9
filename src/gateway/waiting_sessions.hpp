#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "core/jid.hpp"

namespace mucbridge {

/// The sessions of one loop that wait to be resumed: so many in all, and few of one account, so that nobody fills the
/// house by coming and going. Lives on one loop.
class WaitingSessions {
public:
    static constexpr std::size_t most_of_one = 10;

    explicit WaitingSessions(std::size_t most) : most_(most) {}

    /// False: there is no more room.
    bool add(const Jid& bare, std::uint64_t number) {
        if (count_ >= most_)
            return false;
        of_[bare].push_back(number);
        ++count_;
        return true;
    }
    /// The one of that account that has waited longest, where there are too many of them.
    std::optional<std::uint64_t> surplus(const Jid& bare) const {
        const auto found = of_.find(bare);
        return found != of_.end() && found->second.size() > most_of_one ? std::optional(found->second.front())
                                                                        : std::nullopt;
    }
    void remove(const Jid& bare, std::uint64_t number) {
        const auto found = of_.find(bare);
        if (found == of_.end())
            return;
        count_ -= std::erase(found->second, number);
        if (found->second.empty())
            of_.erase(found);
    }
    std::size_t count() const { return count_; }

private:
    const std::size_t most_;
    std::size_t count_ = 0;
    std::map<Jid, std::deque<std::uint64_t>> of_;  // by account, the oldest first
};

}  // namespace mucbridge
