#include "xmpp/base64.hpp"

#include <cstdint>

namespace mucbridge {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends what four characters stand for; false where they are not base64.
bool append_group(std::string& bytes, std::string_view group, bool last) {
    std::size_t letters = 4;
    while (last && letters > 2 && group[letters - 1] == '=')
        --letters;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const auto value = i < letters ? alphabet.find(group[i]) : 0;
        if (value == std::string_view::npos)
            return false;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
    }
    const std::uint32_t unused = letters == 4 ? 0 : letters == 3 ? 0xFF : 0xFFFF;
    if ((bits & unused) != 0)
        return false;
    for (std::size_t i = 0; i + 1 < letters; ++i)
        bytes += static_cast<char>(bits >> (16 - 8 * i) & 0xFF);
    return true;
}

}  // namespace

std::optional<std::string> parse_base64(std::string_view text) {
    if (text.size() % 4 != 0)
        return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4)
        if (!append_group(bytes, text.substr(i, 4), i + 4 == text.size()))
            return std::nullopt;
    return bytes;
}

std::string to_base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = bits << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            text += i + k <= bytes.size() ? alphabet[bits >> (18 - 6 * k) & 0x3F] : '=';
    }
    return text;
}

}  // namespace mucbridge
