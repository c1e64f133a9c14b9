#include "bench/line_scanner.hpp"

#include <cstring>

#include <charconv>

namespace mucbridge::bench {

namespace {

constexpr std::string_view open_tag = "<message", close_tag = "</message>", body_tag = "<body>";

/// glibc's memmem is several times faster than std::string_view::find.
std::size_t find(std::string_view bytes, std::string_view wanted, std::size_t from = 0) {
    const void* found = memmem(bytes.data() + from, bytes.size() - from, wanted.data(), wanted.size());
    return found ? static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data()) : std::string_view::npos;
}

/// A tag may be cut: what could be its beginning stays.
std::size_t kept_from(std::string_view bytes) {
    const auto last = bytes.rfind('<');
    const bool may_be_cut = last != std::string_view::npos && bytes.size() - last < open_tag.size() &&
                            open_tag.starts_with(bytes.substr(last));
    return may_be_cut ? last : bytes.size();
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
    const auto begin = find(bytes, open_tag);
    if (begin == std::string_view::npos) {
        bytes.remove_prefix(kept_from(bytes));
        return std::nullopt;
    }
    bytes.remove_prefix(begin);
    const auto end = find(bytes, close_tag, open_tag.size());
    if (end == std::string_view::npos)
        return std::nullopt;
    Heard heard;
    heard.stanza = bytes.substr(0, end + close_tag.size());
    bytes.remove_prefix(heard.stanza.size());
    const auto header = heard.stanza.substr(0, heard.stanza.find('>'));
    heard.is_error = find(header, "type='error'") != std::string_view::npos ||
                     find(header, "type=\"error\"") != std::string_view::npos;
    if (const auto body = find(heard.stanza, body_tag, header.size()); body != std::string_view::npos)
        heard.name = parse_body(heard.stanza.substr(body + body_tag.size()));
    return heard;
}

}  // namespace mucbridge::bench
