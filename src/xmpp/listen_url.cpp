#include "xmpp/listen_url.hpp"

#include <algorithm>
#include <charconv>

#include "core/utf8.hpp"

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

Result<ListenUrl> ListenUrl::parse(std::string_view text) {
    const Error unwanted{
        "listen: want \"xmpp://HOST:PORT\", such as \"xmpp://127.0.0.1:61222\" or \"xmpp://[::1]:61222\", got \"" +
        to_log_text(cut_utf8(text, 120)) + "\""};
    if (text.substr(0, scheme.size()) != scheme)
        return unwanted;
    std::string_view rest = text.substr(scheme.size());
    const bool is_bracketed = !rest.empty() && rest.front() == '[';
    const auto end = is_bracketed ? rest.find(']') : std::min(rest.find(':'), rest.size());
    if (end == std::string_view::npos)
        return unwanted;
    const std::string_view host = is_bracketed ? rest.substr(1, end - 1) : rest.substr(0, end);
    if (host.empty() || !std::all_of(host.begin(), host.end(), is_bracketed ? is_ipv6_byte : is_host_byte))
        return unwanted;
    ListenUrl url{std::string(host)};
    rest.remove_prefix(is_bracketed ? end + 1 : end);
    if (rest.empty())
        return url;
    const auto [last, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), url.port);
    if (rest.front() != ':' || error != std::errc() || last != rest.data() + rest.size())
        return unwanted;
    return url;
}

std::string to_string(const ListenUrl& url) {
    const bool is_ipv6 = url.host.find(':') != std::string::npos;
    return std::string(scheme) + (is_ipv6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

}  // namespace mucbridge
