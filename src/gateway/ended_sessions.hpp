#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "core/jid.hpp"
#include "core/scram.hpp"

namespace mucbridge {

/// The last sessions that ended while they could have been resumed, and how many stanzas each had handled: so that a
/// client that comes too late knows what to send again. XEP-0198 §5.
class EndedSessions {
public:
    void add(std::string id, Jid bare, std::uint32_t handled) {
        if (sessions_.size() >= most)
            sessions_.pop_front();
        sessions_.push_back({std::move(id), std::move(bare), handled});
    }
    std::optional<std::uint32_t> find(std::string_view id, const Jid& bare) const {
        for (const Entry& each : sessions_)
            if (each.bare == bare && is_equal_secret(each.id, id))
                return each.handled;
        return std::nullopt;
    }

private:
    static constexpr std::size_t most = 1000;
    struct Entry {
        std::string id;
        Jid bare;
        std::uint32_t handled;
    };
    std::deque<Entry> sessions_;
};

}  // namespace mucbridge
