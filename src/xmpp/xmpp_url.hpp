#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mucbridge {

/// One end of a stream: "xmpp://127.0.0.1:5347", "xmpp://[::1]:5347", "xmpp://xmpp.example.org".
struct XmppUrl {
    std::string host;  // without brackets
    std::uint16_t port = 0;
};

/// Nothing where it is no such URL.
std::optional<XmppUrl> parse_xmpp_url(std::string_view text, std::uint16_t default_port);

/// "xmpp://[::1]:5347"
std::string to_string(const XmppUrl& url);

}  // namespace mucbridge
