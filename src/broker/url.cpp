#include "broker/url.hpp"

#include <charconv>
#include <optional>

namespace mucbridge {
namespace {

constexpr std::size_t longest_vhost = 255;  // AMQP 0-9-1: a short string

std::optional<std::uint16_t> parse_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0 || port > 65535)
        return std::nullopt;
    return static_cast<std::uint16_t>(port);
}

/// RFC 3986 §2.1. A '%' without two hexadecimal digits is an error.
std::optional<std::string> decode_percent(std::string_view text) {
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            decoded += text[at];
            continue;
        }
        unsigned code = 0;
        const auto* first = text.data() + at + 1;
        if (at + 2 >= text.size())
            return std::nullopt;
        const auto [end, error] = std::from_chars(first, first + 2, code, 16);
        if (error != std::errc{} || end != first + 2)
            return std::nullopt;
        decoded += static_cast<char>(code);
        at += 2;
    }
    return decoded;
}

std::string encode_percent(std::string_view text) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string encoded;
    for (const char character : text) {
        const auto code = static_cast<unsigned char>(character);
        const bool is_plain = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
                              (character >= '0' && character <= '9') ||
                              std::string_view("-._~").find(character) != std::string_view::npos;
        if (is_plain)
            encoded += character;
        else
            ((encoded += '%') += hex[code >> 4U]) += hex[code & 15U];
    }
    return encoded;
}

/// "host", "host:1883", "[::1]:1883". False: it is none of them.
bool parse_host_port(std::string_view text, BrokerUrl& url) {
    std::string_view rest;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos)
            return false;
        url.host = text.substr(1, close - 1);
        rest = text.substr(close + 1);
        // RFC 3986 §3.2.2, without its IPvFuture and RFC 6874's zones.
        const bool is_address = url.host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string::npos;
        if (!is_address || url.host.find(':') == std::string::npos)
            return false;
    } else {
        const auto colon = text.find(':');
        url.host = text.substr(0, colon);
        rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
    }
    if (url.host.empty() || url.host.find_first_of("?#% \t\r\n\\[]") != std::string::npos)
        return false;
    if (rest.empty())
        return true;
    const auto port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
    url.port = port.value_or(0);
    return port.has_value();
}

}  // namespace

std::string_view scheme_of(std::string_view url) {
    const auto colon = url.find(':');
    return colon == std::string_view::npos ? std::string_view{} : url.substr(0, colon);
}

std::string without_password(std::string_view url) {
    const auto start = url.find("://");
    const auto at = url.rfind('@');
    if (start == std::string_view::npos || at == std::string_view::npos || at < start)
        return std::string(url);
    const auto colon = url.find(':', start + 3);
    if (colon > at)
        return std::string(url);
    return std::string(url.substr(0, colon + 1)) + "***" + std::string(url.substr(at));
}

Result<BrokerUrl> parse_broker_url(std::string_view text) {
    const auto refuse = [text](const std::string& why) { return Error{why + ", got " + without_password(text)}; };
    BrokerUrl url;
    const auto scheme = scheme_of(text);
    url.amqp = scheme == "amqp" || scheme == "amqps";
    url.tls = scheme == "mqtts" || scheme == "amqps";
    if ((!url.amqp && !url.tls && scheme != "mqtt") || text.substr(scheme.size(), 3) != "://")
        return refuse("want mqtt://HOST[:PORT], mqtts://, amqp:// or amqps://");
    url.port = url.amqp ? (url.tls ? 5671 : 5672) : (url.tls ? 8883 : 1883);
    auto rest = text.substr(scheme.size() + 3);
    if (rest.ends_with('/'))
        rest.remove_suffix(1);
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
        const auto user = rest.substr(0, at);
        const auto colon = user.find(':');
        const auto name = decode_percent(user.substr(0, colon));
        const auto secret = decode_percent(colon == std::string_view::npos ? "" : user.substr(colon + 1));
        if (!name || !secret)
            return refuse("want user and password with % written as %25");
        url.username = *name;
        url.password = *secret;
        rest = rest.substr(at + 1);
    }
    if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
        const auto path = rest.substr(slash + 1);
        const auto vhost = decode_percent(path);
        if (!url.amqp)
            return refuse("want no path after HOST[:PORT]");
        if (!vhost || path.find('/') != std::string_view::npos || vhost->size() > longest_vhost)
            return refuse("want HOST[:PORT]/VHOST with / in it written as %2F and % as %25");
        url.vhost = *vhost;
        rest = rest.substr(0, slash);
    }
    if (!parse_host_port(rest, url))
        return refuse("want HOST[:PORT] with a port from 1 to 65535, IPv6 as [::1]");
    return url;
}

std::string to_string(const BrokerUrl& url) {
    const bool bracketed = url.host.find(':') != std::string::npos;
    return std::string(url.amqp ? "amqp" : "mqtt") + (url.tls ? "s://" : "://") +
           (bracketed ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port) +
           (url.amqp && url.vhost != "/" ? "/" + encode_percent(url.vhost) : "");
}

Result<std::uint16_t> parse_embedded_url(std::string_view text) {
    if (text == "embedded:")
        return std::uint16_t{0};
    for (const std::string_view prefix : {"embedded:?port=", "embedded://127.0.0.1:", "embedded://localhost:"}) {
        if (!text.starts_with(prefix))
            continue;
        if (const auto port = parse_port(text.substr(prefix.size())))
            return *port;
    }
    return Error{"want embedded: or embedded:?port=N with a port from 1 to 65535, got " + without_password(text)};
}

}  // namespace mucbridge
