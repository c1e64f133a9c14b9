#pragma once

#include <compare>
#include <cstdint>

#include "core/jid.hpp"

namespace mucbridge {

/// Where to hand what is meant for a session: which loop it lives on and which door's number it has there.
/// The rooms carry it and never look inside.
struct Route {
    std::uint32_t loop = 0;
    std::uint64_t session = 0;
    auto operator<=>(const Route&) const = default;
};

/// One session as a stanza's addressee.
struct Recipient {
    Route route;
    Jid jid;  // full
    auto operator<=>(const Recipient&) const = default;
};

}  // namespace mucbridge
