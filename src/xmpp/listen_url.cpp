#include "xmpp/listen_url.hpp"

#include "core/utf8.hpp"
#include "xmpp/xmpp_url.hpp"

namespace mucbridge {

namespace {

constexpr std::string_view scheme_of_direct_tls = "xmpps://", plain_scheme = "xmpp://";
constexpr std::uint16_t port_of_direct_tls = 5223;

}  // namespace

Result<ListenUrl> ListenUrl::parse(std::string_view text) {
    const bool is_direct_tls = text.starts_with(scheme_of_direct_tls);
    auto url = is_direct_tls
                   ? parse_xmpp_url(std::string(plain_scheme).append(text.substr(scheme_of_direct_tls.size())),
                                    port_of_direct_tls)
                   : parse_xmpp_url(text, ListenUrl{}.port);
    if (!url)
        return Error{
            "listen: want \"xmpp://HOST:PORT\", such as \"xmpp://127.0.0.1:61222\" or \"xmpp://[::1]:61222\", or "
            "\"xmpps://HOST:PORT\" for TLS from the start, got \"",
            to_log_text(cut_utf8(text, 120)), "\""};
    return ListenUrl{std::move(url->host), url->port, is_direct_tls};
}

std::string to_string(const ListenUrl& url) {
    std::string text = to_string(XmppUrl{url.host, url.port});
    if (url.is_direct_tls)
        text.replace(0, plain_scheme.size(), scheme_of_direct_tls);
    return text;
}

}  // namespace mucbridge
