#pragma once

#include "core/result.hpp"
#include "xmpp/xmpp_url.hpp"

namespace mucbridge {

/// Where a server takes in its components (XEP-0114): "xmpp://127.0.0.1:5347", "xmpp://xmpp.example.org" (port 5347).
/// Errors say what such a URL looks like.
Result<XmppUrl> parse_component_url(std::string_view text);

}  // namespace mucbridge
