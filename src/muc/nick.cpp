#include "muc/nick.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "core/utf8.hpp"

namespace mucbridge {
namespace {

struct Span {
    char32_t first, last;
};

template <std::size_t Size>
bool is_in(const std::array<Span, Size>& spans, char32_t character) {
    return std::any_of(spans.begin(), spans.end(),
                       [&](const Span& span) { return character >= span.first && character <= span.last; });
}

/// Show nothing at all: stringprep's table B.1, fillers, tags.
constexpr std::array unseen{Span{0xAD, 0xAD},     Span{0x34F, 0x34F},   Span{0x115F, 0x1160}, Span{0x1806, 0x1806},
                            Span{0x180B, 0x180E}, Span{0x200B, 0x200D}, Span{0x2060, 0x2064}, Span{0x3164, 0x3164},
                            Span{0xFE00, 0xFE0F}, Span{0xFEFF, 0xFEFF}, Span{0xFFA0, 0xFFA0}, Span{0xE0000, 0xE01EF}};
/// Show a gap.
constexpr std::array blank{Span{' ', ' '},       Span{0xA0, 0xA0},     Span{0x1680, 0x1680}, Span{0x2000, 0x200A},
                           Span{0x202F, 0x202F}, Span{0x205F, 0x205F}, Span{0x2800, 0x2800}, Span{0x3000, 0x3000}};
/// Controls, line ends, and what turns the direction of the text around it.
constexpr std::array dangerous{Span{0, 0x1F},        Span{0x7F, 0x9F},     Span{0x61C, 0x61C},  Span{0x200E, 0x200F},
                               Span{0x2028, 0x202E}, Span{0x2066, 0x206F}, Span{0xFFF9, 0xFFFB}};

/// Upper-case letters and the way to their lower case. `step` 2: upper and lower case take turns, upper first.
struct Case {
    char32_t first, last;
    std::int32_t distance;
    char32_t step = 1;
};
constexpr std::array cases{
    Case{0xC0, 0xD6, 32},
    Case{0xD8, 0xDE, 32},
    Case{0x100, 0x12E, 1, 2},
    Case{0x132, 0x136, 1, 2},
    Case{0x139, 0x147, 1, 2},
    Case{0x14A, 0x176, 1, 2},
    Case{0x178, 0x178, -121},
    Case{0x179, 0x17D, 1, 2},
    Case{0x17F, 0x17F, 's' - 0x17F},
    Case{0x1CD, 0x1DB, 1, 2},
    Case{0x1DE, 0x1EE, 1, 2},
    Case{0x1F8, 0x21E, 1, 2},
    Case{0x222, 0x232, 1, 2},
    Case{0x386, 0x386, 38},
    Case{0x388, 0x38A, 37},
    Case{0x38C, 0x38C, 64},
    Case{0x38E, 0x38F, 63},
    Case{0x391, 0x3A1, 32},
    Case{0x3A3, 0x3AB, 32},
    Case{0x3C2, 0x3C2, 1},
    Case{0x3D8, 0x3EE, 1, 2},
    Case{0x400, 0x40F, 80},
    Case{0x410, 0x42F, 32},
    Case{0x460, 0x480, 1, 2},
    Case{0x48A, 0x4BE, 1, 2},
    Case{0x4C0, 0x4C0, 15},
    Case{0x4C1, 0x4CD, 1, 2},
    Case{0x4D0, 0x52E, 1, 2},
    Case{0x531, 0x556, 48},
    Case{0x1E00, 0x1E94, 1, 2},
    Case{0x1EA0, 0x1EFE, 1, 2},
    Case{0x212A, 0x212A, 'k' - 0x212A},
    Case{0x212B, 0x212B, 0xE5 - 0x212B},
    Case{0xFF21, 0xFF3A, 32},
};

char32_t to_lower(char32_t character) {
    if (character < 0x80)
        return character >= 'A' && character <= 'Z' ? character + 32 : character;
    for (const Case& letters : cases)
        if (character >= letters.first && character <= letters.last)
            return (character - letters.first) % letters.step == 0
                       ? static_cast<char32_t>(static_cast<std::int32_t>(character) + letters.distance)
                       : character;
    return character;
}

/// Takes one character off the front. Wants UTF-8 that is not empty.
char32_t take_character(std::string_view& text) {
    const auto byte = [&](std::size_t at) { return static_cast<char32_t>(static_cast<unsigned char>(text[at])); };
    const char32_t lead = byte(0);
    const std::size_t wanted = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const std::size_t length = std::min(wanted, text.size());
    char32_t character = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t at = 1; at < length; ++at)
        character = character << 6 | (byte(at) & 0x3FU);
    text.remove_prefix(length);
    return character;
}

void append_character(std::string& text, char32_t character) {
    const auto put = [&](char32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (character < 0x80)
        return put(character);
    if (character < 0x800) {
        put(0xC0 | character >> 6);
    } else {
        if (character < 0x10000) {
            put(0xE0 | character >> 12);
        } else {
            put(0xF0 | character >> 18);
            put(0x80 | (character >> 12 & 0x3F));
        }
        put(0x80 | (character >> 6 & 0x3F));
    }
    put(0x80 | (character & 0x3F));
}

}  // namespace

std::string fold_nick(std::string_view nick) {
    std::string folded;
    folded.reserve(nick.size());
    bool is_gap = false;
    while (!nick.empty()) {
        const char32_t character = take_character(nick);
        if (is_in(unseen, character))
            continue;
        if (is_in(blank, character)) {
            is_gap = !folded.empty();
            continue;
        }
        if (std::exchange(is_gap, false))
            folded += ' ';
        if (character == 0xDF || character == 0x1E9E)
            folded += "ss";
        else
            append_character(folded, to_lower(character));
    }
    return folded;
}

std::optional<StanzaError> refuse_nick(std::string_view nick, std::size_t characters, std::string_view mark) {
    if (!is_utf8(nick))
        return StanzaError{Condition::jid_malformed, "a nick is wanted in UTF-8", ErrorType::modify};
    if (count_characters(nick) > characters)
        return StanzaError{
            Condition::not_acceptable,
            "a nick of at most " + std::to_string(characters) + " characters is wanted (limits/nick_characters)",
            ErrorType::modify};
    for (std::string_view rest = nick; !rest.empty();)
        if (is_in(dangerous, take_character(rest)))
            return StanzaError{Condition::jid_malformed, "a nick without control characters is wanted",
                               ErrorType::modify};
    const std::string folded = fold_nick(nick);
    if (folded.empty())
        return StanzaError{Condition::jid_malformed, "a nick that can be seen is wanted", ErrorType::modify};
    if (!mark.empty() && folded.ends_with(fold_nick(mark)))
        return StanzaError{Condition::conflict,
                           "nicks that end in " + std::string{mark} + " are for what the broker's publishers say",
                           ErrorType::cancel};
    return std::nullopt;
}

std::string publisher_nick(std::string_view wish, std::string_view mark) {
    const bool is_brokers_own = mark.size() > 2 && mark.substr(1, mark.size() - 2) == wish;
    return is_brokers_own || wish.empty() ? std::string{mark} : std::string{wish} + " " + std::string{mark};
}

}  // namespace mucbridge
