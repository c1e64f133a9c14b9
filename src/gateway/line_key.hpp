#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace mucbridge {

/// What a line is called on a link. Its id is not enough there: a room's mirrors, and rooms that mirror each other,
/// publish one line several times. "garden@rooms.localhost home 0193...", "garden@rooms.localhost mirror-0 0193..."
struct LineKey {
    std::optional<std::size_t> mirror;  // none: home
    std::string id;
};

std::string make_line_key(const std::string& room, const LineKey& key);
/// Of a key that make_line_key() made for this room.
LineKey parse_line_key(const std::string& room, const std::string& text);

}  // namespace mucbridge
