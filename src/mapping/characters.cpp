#include "mapping/characters.hpp"

#include <algorithm>
#include <array>

#include "core/jid.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

/// Takes the first character off. Wants UTF-8.
char32_t next_character(std::string_view& text) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    constexpr std::array<unsigned char, 5> masks{0, 0x7f, 0x1f, 0x0f, 0x07};
    char32_t character = first & masks[length];
    for (std::size_t i = 1; i < length; ++i)
        character = (character << 6) | (static_cast<unsigned char>(text[i]) & 0x3fU);
    text.remove_prefix(length);
    return character;
}

struct Range {
    char32_t first, last;
};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, char32_t character) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [character](const Range& range) { return character >= range.first && character <= range.last; });
}

constexpr std::array<Range, 2> controls{{{0x00, 0x1f}, {0x7f, 0x9f}}};

/// Line ends, marks that turn the direction of writing (UAX #9), interlinear marks, tags.
constexpr std::array<Range, 7> deceiving{{{0x061c, 0x061c},
                                          {0x200e, 0x200f},
                                          {0x2028, 0x2029},
                                          {0x202a, 0x202e},
                                          {0x2066, 0x206f},
                                          {0xfff9, 0xfffb},
                                          {0xe0000, 0xe007f}}};

/// Spaces, and what is drawn as nothing or as a space.
constexpr std::array<Range, 16> blank{{{0x20, 0x20},
                                       {0xa0, 0xa0},
                                       {0xad, 0xad},
                                       {0x034f, 0x034f},
                                       {0x115f, 0x1160},
                                       {0x1680, 0x1680},
                                       {0x17b4, 0x17b5},
                                       {0x180b, 0x180f},
                                       {0x2000, 0x200d},
                                       {0x202f, 0x202f},
                                       {0x205f, 0x2064},
                                       {0x2800, 0x2800},
                                       {0x3000, 0x3000},
                                       {0x3164, 0x3164},
                                       {0xfe00, 0xfe0f},
                                       {0xfeff, 0xfeff}}};

constexpr bool is_non_character(char32_t character) {
    return (character & 0xfffe) == 0xfffe || (character >= 0xfdd0 && character <= 0xfdef);
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view spaces = " \t\r\n";
    const auto first = text.find_first_not_of(spaces);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

/// Whether a person sees something, and sees it as it is. Wants UTF-8.
bool is_presentable(std::string_view text) {
    bool visible = false;
    while (!text.empty()) {
        const auto character = next_character(text);
        if (is_in(controls, character) || is_in(deceiving, character) || is_non_character(character))
            return false;
        visible = visible || !(is_in(blank, character) || character == 0xffa0);
    }
    return visible;
}

std::string_view first_characters(std::string_view text, std::size_t count) {
    auto rest = text;
    for (; count > 0 && !rest.empty(); --count)
        next_character(rest);
    return text.substr(0, text.size() - rest.size());
}

}  // namespace

bool is_mqtt_text(std::string_view bytes) {
    if (bytes.size() > 65535 || !is_utf8(bytes))
        return false;
    while (!bytes.empty()) {
        const auto character = next_character(bytes);
        if (is_in(controls, character) || is_non_character(character))
            return false;
    }
    return true;
}

std::string quoted(std::string_view text) { return '"' + to_log_text(text) + '"'; }

bool is_binary(std::string_view payload) {
    // Bell to carriage return, and escape, are what terminals' text may hold.
    const auto is_machine = [](char byte) {
        const auto code = static_cast<unsigned char>(byte);
        return code < 0x20 && !(code >= 0x07 && code <= 0x0d) && code != 0x1b;
    };
    return std::any_of(payload.begin(), payload.end(), is_machine) || !is_utf8(payload);
}

bool is_language_tag(std::string_view text) {
    const auto is_part = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    };
    return !text.empty() && text.size() <= 35 && text.front() != '-' && text.back() != '-' &&
           std::all_of(text.begin(), text.end(), is_part);
}

std::string with_plain_line_ends(std::string text) {
    if (text.find('\r') == std::string::npos)
        return text;
    std::size_t end = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n')
            continue;
        text[end++] = text[i] == '\r' ? '\n' : text[i];
    }
    text.resize(end);
    return text;
}

std::optional<std::string> make_nick(std::string_view wish, std::size_t characters) {
    // A JID's part is at most 1023 bytes, so no more than that is worth preparing.
    constexpr std::size_t part_bytes = 1023;
    wish = trim(wish.substr(0, 4 * part_bytes));
    if (!is_utf8(wish))
        return std::nullopt;
    wish = trim(cut_utf8(first_characters(wish, characters), part_bytes));
    if (wish.empty() || !is_presentable(wish))
        return std::nullopt;
    // Folding can lengthen the text (U+FDFA is 18 characters), so it is bounded again.
    const auto prepared = Jid::prepare_resource(wish);
    if (!prepared)
        return std::nullopt;
    const auto nick = trim(cut_utf8(first_characters(*prepared, characters), part_bytes));
    if (nick.empty() || !is_presentable(nick))
        return std::nullopt;
    return std::string{nick};
}

}  // namespace mucbridge
