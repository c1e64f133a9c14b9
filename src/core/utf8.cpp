#include "core/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace mucbridge {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

/// One character of some bytes: its code point and length. Length 0: the bytes there are not UTF-8.
struct Character {
    char32_t code;
    std::size_t length;
};

constexpr unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

constexpr bool is_continuation(std::string_view bytes, std::size_t at) {
    return at < bytes.size() && (byte_at(bytes, at) & 0xC0U) == 0x80U;
}

/// RFC 3629 §4: the lead byte bounds the second byte, which is what keeps out overlong forms and surrogates.
constexpr Character decode(std::string_view bytes, std::size_t at) {
    const unsigned lead = byte_at(bytes, at);
    if (lead < 0x80)
        return {lead, 1};
    if (lead < 0xC2 || lead > 0xF4 || !is_continuation(bytes, at + 1))
        return {0, 0};
    const unsigned second = byte_at(bytes, at + 1);
    if (lead < 0xE0)
        return {(lead & 0x1FU) << 6 | (second & 0x3FU), 2};
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
        (lead == 0xF4 && second > 0x8F) || !is_continuation(bytes, at + 2))
        return {0, 0};
    const unsigned third = byte_at(bytes, at + 2);
    if (lead < 0xF0)
        return {(lead & 0x0FU) << 12 | (second & 0x3FU) << 6 | (third & 0x3FU), 3};
    if (!is_continuation(bytes, at + 3))
        return {0, 0};
    return {(lead & 0x07U) << 18 | (second & 0x3FU) << 12 | (third & 0x3FU) << 6 | (byte_at(bytes, at + 3) & 0x3FU), 4};
}

/// Whether eight bytes from `at` on are all printable ASCII or 0x7F, so that no check need look at them one by one.
bool is_plain_word(std::string_view bytes, std::size_t at) {
    constexpr std::uint64_t ones = 0x0101010101010101U, highs = ones << 7;
    if (bytes.size() - at < sizeof(std::uint64_t))
        return false;
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    // The subtraction borrows into a byte's high bit exactly where that byte (or, harmlessly, one below it) is < 0x20.
    return ((word | (word - ones * 0x20U)) & highs) == 0;
}

constexpr bool is_xml_char(char32_t code) {
    if (code < 0x20)
        return code == '\t' || code == '\n' || code == '\r';
    return code != 0xFFFE && code != 0xFFFF;
}

/// What could end a log line, recolour a terminal or turn the reading direction around.
constexpr bool is_unfit_for_log(char32_t code) {
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x061C || (code >= 0x200E && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF ||
           code == 0xFFFE || code == 0xFFFF;  // no XML may hold the last two, and an error may go out in a stanza
}

void append_hex(std::string& out, unsigned value, int digits) {
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4)
        out += "0123456789abcdef"[value >> static_cast<unsigned>(shift) & 0xFU];
}

}  // namespace

bool is_utf8(std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
        if (is_plain_word(bytes, at)) {
            at += 8;
            continue;
        }
        const std::size_t length = decode(bytes, at).length;
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

bool is_xml_text(std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
        if (is_plain_word(bytes, at)) {
            at += 8;
            continue;
        }
        const Character character = decode(bytes, at);
        if (character.length == 0 || !is_xml_char(character.code))
            return false;
        at += character.length;
    }
    return true;
}

std::string to_xml_text(std::string_view utf8) {
    if (is_xml_text(utf8))
        return std::string(utf8);
    std::string out;
    out.reserve(utf8.size() + 16);
    for (std::size_t at = 0; at < utf8.size();) {
        const Character character = decode(utf8, at);
        if (character.length != 0 && is_xml_char(character.code))
            out.append(utf8.substr(at, character.length));
        else
            out.append(replacement);
        at += character.length == 0 ? 1 : character.length;
    }
    return out;
}

std::string_view cut_utf8(std::string_view utf8, std::size_t limit) {
    if (utf8.size() <= limit)
        return utf8;
    std::size_t end = limit;
    // No character has more than three continuation bytes; more than that is not text, and cut as it comes.
    for (int steps = 0; steps < 3 && end > 0 && is_continuation(utf8, end); ++steps)
        --end;
    return utf8.substr(0, is_continuation(utf8, end) ? limit : end);
}

std::size_t count_characters(std::string_view utf8) {
    std::size_t count = 0;
    for (const char byte : utf8)
        count += (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U ? 1 : 0;
    return count;
}

std::string to_log_text(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    for (std::size_t at = 0; at < bytes.size();) {
        const Character character = decode(bytes, at);
        const std::size_t length = character.length == 0 ? 1 : character.length;
        if (character.length != 0 && !is_unfit_for_log(character.code)) {
            out.append(bytes.substr(at, length));
        } else if (length == 1) {
            out += "\\x";
            append_hex(out, byte_at(bytes, at), 2);
        } else {
            out += "\\u{";
            append_hex(out, static_cast<unsigned>(character.code), 4);
            out += '}';
        }
        at += length;
    }
    return out;
}

}  // namespace mucbridge
