#pragma once

#include "xmpp/channel.hpp"

using SSL = struct ssl_st;

namespace mucbridge {

/// Our end of a TLS connection whose hands are shaken, for those above it.
Channel describe_channel(SSL* tls);

}  // namespace mucbridge
