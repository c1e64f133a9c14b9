#include "xmpp/listen_url.hpp"

#include "core/utf8.hpp"
#include "xmpp/xmpp_url.hpp"

namespace mucbridge {

Result<ListenUrl> ListenUrl::parse(std::string_view text) {
    auto url = parse_xmpp_url(text, ListenUrl{}.port);
    if (!url)
        return Error{
            "listen: want \"xmpp://HOST:PORT\", such as \"xmpp://127.0.0.1:61222\" or \"xmpp://[::1]:61222\", got \"",
            to_log_text(cut_utf8(text, 120)), "\""};
    return ListenUrl{std::move(url->host), url->port};
}

std::string to_string(const ListenUrl& url) { return to_string(XmppUrl{url.host, url.port}); }

}  // namespace mucbridge
