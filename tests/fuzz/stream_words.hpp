#pragma once

#include <array>
#include <string>
#include <string_view>

namespace mucbridge::stream_fuzz {

/// A room as clients write it, and where its lines go; "" for one that no rule can give an address.
struct RoomWords {
    std::string written, address;
};

/// 32, the first ones the commonest.
const std::array<RoomWords, 32>& rooms();

/// "u0" and on; each session has one, some share theirs.
std::string user_name(unsigned user);
std::string_view resource(unsigned choice);
std::string_view nick(unsigned choice);
/// What comes after a body's token: markup, quotes, line ends, and much of it.
std::string_view hostile_text(unsigned choice);
/// A child of a stanza; some of them are for the room alone to say. `room`: its address, escaped.
std::string extra(unsigned choice, const std::string& room);

}  // namespace mucbridge::stream_fuzz
