#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/jid.hpp"
#include "muc/options.hpp"
#include "muc/subject.hpp"

namespace mucbridge {

/// What outlives the process of a persistent room.
struct RestoredRoom {
    /// What a user is to the room, lasting.
    struct Right {
        Jid bare;  // or a domain, of one that is banned
        Affiliation affiliation = Affiliation::none;
        std::string nick = {};  // reserved; empty: none

        bool operator==(const Right&) const = default;
    };
    RoomOptions options;
    std::vector<Right> rights = {};
    std::optional<Subject> subject = {};
};

}  // namespace mucbridge
