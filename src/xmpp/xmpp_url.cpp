#include "xmpp/xmpp_url.hpp"

#include <algorithm>
#include <charconv>

namespace mucbridge {

namespace {

constexpr std::string_view scheme = "xmpp://";

bool is_host_byte(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '.' || byte == '-' || byte == '_';
}

bool is_ipv6_byte(char byte) {
    return (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F') || (byte >= '0' && byte <= '9') ||
           byte == ':' || byte == '.';
}

}  // namespace

std::optional<XmppUrl> parse_xmpp_url(std::string_view text, std::uint16_t default_port) {
    if (text.substr(0, scheme.size()) != scheme)
        return std::nullopt;
    std::string_view rest = text.substr(scheme.size());
    const bool is_bracketed = !rest.empty() && rest.front() == '[';
    const auto end = is_bracketed ? rest.find(']') : std::min(rest.find(':'), rest.size());
    if (end == std::string_view::npos)
        return std::nullopt;
    const std::string_view host = is_bracketed ? rest.substr(1, end - 1) : rest.substr(0, end);
    if (host.empty() || !std::all_of(host.begin(), host.end(), is_bracketed ? is_ipv6_byte : is_host_byte))
        return std::nullopt;
    XmppUrl url{std::string(host), default_port};
    rest.remove_prefix(is_bracketed ? end + 1 : end);
    if (rest.empty())
        return url;
    const auto [last, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), url.port);
    if (rest.front() != ':' || error != std::errc() || last != rest.data() + rest.size())
        return std::nullopt;
    return url;
}

std::string to_string(const XmppUrl& url) {
    const bool is_ipv6 = url.host.find(':') != std::string::npos;
    return std::string(scheme) + (is_ipv6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

}  // namespace mucbridge
