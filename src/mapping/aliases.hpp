#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/config.hpp"
#include "core/result.hpp"
#include "mapping/pattern.hpp"

namespace mucbridge {

/// Rooms' names and the levels of addresses, both ways: as room_name.hpp has it, but for the configured aliases. With
/// "kitchen" for "Sensors/Kitchen 1", room kitchen is {"Sensors", "Kitchen 1"} and no other room is.
class Aliases {
public:
    Aliases() = default;
    /// Errors name the path: "/aliases/kitchen: ...".
    static Result<Aliases> make(const std::vector<AliasConfig>& config);

    /// The levels that a room's name stands for. Wants a prepared localpart.
    Result<Levels> parse_room(std::string_view room) const;
    /// The one room that stands for these levels, or why there is none.
    Result<std::string> make_room(const Levels& levels) const;
    /// What the room is an alias of, as a topic; null where it is none.
    const std::string* find_topic(std::string_view room) const;

private:
    Result<void> add(const AliasConfig& alias);

    std::unordered_map<std::string, std::string> topics_, rooms_;  // by room, by topic
};

}  // namespace mucbridge
