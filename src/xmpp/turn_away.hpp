#pragma once

#include <string>

#include "xmpp/stream.hpp"

namespace mucbridge {

/// Tells a peer that was just accepted why it cannot stay, as far as the socket takes it at once, and closes the
/// socket. Never waits.
void turn_away(int native_socket, const std::string& domain, const StreamError& why);

}  // namespace mucbridge
