#include "xmpp/component_url.hpp"

#include "core/utf8.hpp"

namespace mucbridge {

Result<XmppUrl> parse_component_url(std::string_view text) {
    auto url = parse_xmpp_url(text, 5347);
    if (!url || url->port == 0)
        return Error{"want \"xmpp://HOST:PORT\", such as \"xmpp://127.0.0.1:5347\" or \"xmpp://[::1]:5347\", got \"",
                     to_log_text(cut_utf8(text, 120)), "\""};
    return *std::move(url);
}

}  // namespace mucbridge
