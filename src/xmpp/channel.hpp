#pragma once

#include <string>
#include <vector>

#include "core/jid.hpp"

namespace mucbridge {

/// What a stream has to know of the connection that carries it.
struct Channel {
    enum class Starttls { absent, offered, required };

    Starttls starttls = Starttls::absent;  // to be offered; absent where there is no certificate, and under TLS
    bool is_encrypted = false;
    // Channel bindings, as bytes; empty where this connection has none of the kind. RFC 9266, RFC 5929.
    std::string tls_exporter = {}, tls_server_end_point = {};
    std::string tls_unique = {};  // what older clients know, and use under TLS 1.3 as well
    // Of a client's certificate that the configured authority signed: its addresses at any domain (XEP-0178). Empty
    // for a stranger's, and without one.
    std::vector<Jid> certified = {};
};

}  // namespace mucbridge
