#include "core/utf8.hpp"

#include <doctest/doctest.h>

#include <cstdint>

using namespace mucbridge;

namespace {

/// Written from RFC 3629 §3's table and not from the code under test.
std::string encode(std::uint32_t code) {
    const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
    if (code < 0x80)
        return {byte(code)};
    if (code < 0x800)
        return {byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F))};
    if (code < 0x10000)
        return {byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F))};
    return {byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 0x3F)), byte(0x80 | (code >> 6 & 0x3F)),
            byte(0x80 | (code & 0x3F))};
}

bool is_surrogate(std::uint32_t code) { return code >= 0xD800 && code <= 0xDFFF; }

}  // namespace

TEST_CASE("every character is UTF-8, and no surrogate is [RFC 3629 §3]") {
    for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
        if (is_utf8(encode(code)) == is_surrogate(code))
            FAIL("U+" << code);
    }
}

TEST_CASE("a character that XML forbids is not XML text [XML §2.2 Char]") {
    for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
        const bool is_char = code == 0x9 || code == 0xA || code == 0xD || (code >= 0x20 && code <= 0xD7FF) ||
                             (code >= 0xE000 && code <= 0xFFFD) || code >= 0x10000;
        if (is_xml_text(encode(code)) != is_char)
            FAIL("U+" << code);
    }
}

TEST_CASE("two bytes are UTF-8 exactly where RFC 3629's table has them [RFC 3629 §4]") {
    for (unsigned first = 0; first < 256; ++first) {
        for (unsigned second = 0; second < 256; ++second) {
            const bool is_text =
                (first < 0x80 && second < 0x80) || (first >= 0xC2 && first <= 0xDF && second >= 0x80 && second <= 0xBF);
            if (is_utf8(std::string{static_cast<char>(first), static_cast<char>(second)}) != is_text)
                FAIL(first << " " << second);
        }
    }
}

TEST_CASE(
    "overlong forms, stray and missing continuation bytes and what is above U+10FFFF are not UTF-8 [RFC 3629 §3]") {
    for (const std::string_view bytes :
         {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\x80",
          "\xBF\xBF", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xE2\x82x", "\xF0\x9F\x98x", "\xF4\x90\x80\x80",
          "\xF5\x80\x80\x80", "\xF8\x88\x80\x80\x80", "\xFE", "\xFF", "\xED\xA0\xBD\xED\xB8\x80"}) {
        CHECK_FALSE(is_utf8(bytes));
        CHECK_FALSE(is_xml_text(bytes));
        CHECK_FALSE(is_utf8("12345678" + std::string(bytes) + "12345678"));
    }
}

TEST_CASE("one bad byte is found at every place of a long text") {
    for (std::size_t at = 0; at < 40; ++at) {
        std::string text(40, 'a');
        text[at] = '\x1F';
        CHECK(is_utf8(text));
        CHECK_FALSE(is_xml_text(text));
        text[at] = '\x80';
        CHECK_FALSE(is_utf8(text));
        text[at] = '\x20';
        CHECK(is_xml_text(text));
        text[at] = '\x7F';
        CHECK(is_xml_text(text));
    }
}

TEST_CASE("what XML forbids becomes U+FFFD and the rest stays") {
    CHECK(to_xml_text("plain, ü and \t\r\n") == "plain, ü and \t\r\n");
    CHECK(to_xml_text(std::string_view("a\0b\x1F", 4)) == "a\uFFFDb\uFFFD");
    CHECK(to_xml_text("a\uFFFE\uFFFFb") == "a\uFFFD\uFFFDb");
    CHECK(to_xml_text("").empty());
    CHECK(is_xml_text(to_xml_text("\xFF\xC3")));
}

TEST_CASE("a text is cut between characters and never longer than asked") {
    const std::string_view text = "aé€😀";
    CHECK(cut_utf8(text, 100) == text);
    CHECK(cut_utf8(text, 10) == text);
    CHECK(cut_utf8(text, 9) == "aé€");
    CHECK(cut_utf8(text, 6) == "aé€");
    CHECK(cut_utf8(text, 5) == "aé");
    CHECK(cut_utf8(text, 3) == "aé");
    CHECK(cut_utf8(text, 2) == "a");
    CHECK(cut_utf8(text, 0).empty());
    CHECK(cut_utf8("\x80\x80\x80\x80\x80\x80", 5).size() <= 5);
}

TEST_CASE("characters are counted, not bytes") {
    CHECK(count_characters("") == 0);
    CHECK(count_characters("aé€😀") == 4);
}

TEST_CASE("nothing that is logged ends a line, moves a cursor or turns the reading direction around") {
    CHECK(to_log_text("plain é 😀 text") == "plain é 😀 text");
    CHECK(to_log_text("a\r\nb\x1B[31m\x7F") == "a\\x0d\\x0ab\\x1b[31m\\x7f");
    CHECK(to_log_text("a\u202Eb\u2066c\u200F") == "a\\u{202e}b\\u{2066}c\\u{200f}");
    CHECK(to_log_text("a\u2028b\u0085c") == "a\\u{2028}b\\u{0085}c");
    CHECK(to_log_text("a\uFFFE\uFFFF") == "a\\u{fffe}\\u{ffff}");
    CHECK(to_log_text(std::string_view("\0", 1)) == "\\x00");
}

TEST_CASE("bytes that are not UTF-8 are logged as their numbers") {
    CHECK(to_log_text("a\xFF\xC3") == "a\\xff\\xc3");
    CHECK(is_utf8(to_log_text("\xE2\x82 \xED\xA0\x80")));
}
