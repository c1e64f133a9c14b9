#include "bench/line_scanner.hpp"

#include <charconv>
#include <cstring>

namespace mucbridge::bench {

namespace {

constexpr std::string_view open_tag = "<message", close_tag = "</message>", body_tag = "<body>", error_tag = "<error";

/// Where the next tag begins, or the end. memchr takes whole vectors at a time.
std::size_t find_tag(std::string_view bytes, std::size_t from) {
    const void* found = from < bytes.size() ? std::memchr(bytes.data() + from, '<', bytes.size() - from) : nullptr;
    return found ? static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data()) : bytes.size();
}

/// Up to the next message, or what may be the beginning of its tag; false: there is no whole one.
bool skip_to_message(std::string_view& bytes) {
    std::size_t at = find_tag(bytes, 0);
    while (!open_tag.starts_with(bytes.substr(at, open_tag.size())))
        at = find_tag(bytes, at + 1);
    bytes.remove_prefix(at);
    return bytes.size() >= open_tag.size();
}

bool take_number(std::string_view& text, std::uint32_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end == text.data() + text.size() || *end != ' ')
        return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    return true;
}

}  // namespace

std::optional<LineName> parse_body(std::string_view body) {
    LineName name;
    if (take_number(body, name.sender) && take_number(body, name.number))
        return name;
    return std::nullopt;
}

std::string write_body(LineName name, std::size_t bytes) {
    std::string body = std::to_string(name.sender) + ' ' + std::to_string(name.number) + ' ';
    if (body.size() < bytes)
        body.append(bytes - body.size(), 'x');
    return body;
}

std::optional<Heard> take_message(std::string_view& bytes) {
    if (!skip_to_message(bytes))
        return std::nullopt;
    Heard heard;
    for (auto at = find_tag(bytes, open_tag.size()); at < bytes.size(); at = find_tag(bytes, at + 1)) {
        const auto tag = bytes.substr(at);
        if (tag.starts_with(close_tag)) {
            heard.stanza = bytes.substr(0, at + close_tag.size());
            bytes.remove_prefix(heard.stanza.size());
            return heard;
        }
        if (tag.starts_with(body_tag))
            heard.name = parse_body(tag.substr(body_tag.size()));
        heard.is_error = heard.is_error || tag.starts_with(error_tag);
    }
    return std::nullopt;
}

}  // namespace mucbridge::bench
