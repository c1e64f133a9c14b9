#pragma once

#include <cstdint>

namespace mucbridge {

/// Turns Nagle's algorithm off on this process's TCP connections to that port. Paho leaves it on, and has neither an
/// option for it nor a way to its socket: a line that follows another would wait for the broker's delayed
/// acknowledgement, some 40 ms. On a connection of somebody else's with that port it does no harm.
void set_no_delay(std::uint16_t peer_port);

}  // namespace mucbridge
