#pragma once

#include <compare>
#include <cstdint>

namespace mucbridge {

/// Where to hand what is meant for a session: which loop it lives on, through which door it came, and which number it
/// has there. The rooms carry it and never look inside; the door knows which full JID it stands for.
struct Route {
    std::uint32_t loop = 0;
    std::uint32_t door = 0;
    std::uint64_t session = 0;
    auto operator<=>(const Route&) const = default;
};

}  // namespace mucbridge
