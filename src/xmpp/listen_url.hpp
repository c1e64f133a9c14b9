#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mucbridge {

/// Where to listen: "xmpp://127.0.0.1:61222", "xmpp://[::1]:0", "xmpp://localhost" (port 61222, as ActiveMQ's was);
/// "xmpps://example.org" (port 5223), where TLS comes first (XEP-0368).
struct ListenUrl {
    std::string host;  // without brackets
    std::uint16_t port = 61222;
    bool is_direct_tls = false;

    /// Errors say what a listen URL looks like.
    static Result<ListenUrl> parse(std::string_view text);
};

/// "xmpp://[::1]:61222"
std::string to_string(const ListenUrl& url);

}  // namespace mucbridge
