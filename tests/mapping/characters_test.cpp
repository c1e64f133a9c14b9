#include "mapping/characters.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

TEST_CASE("brokers' text holds no control characters and no non-characters [MQTT-1.5.4]") {
    CHECK(
        is_mqtt_text("sensors/k\xC3\xBC"
                     "che/\xF0\x9F\x8C\xB9"));
    CHECK(is_mqtt_text(std::string(65535, 'a')));
    CHECK_FALSE(is_mqtt_text(std::string(65536, 'a')));
    CHECK_FALSE(is_mqtt_text(std::string_view{"a\0", 2}));
    CHECK_FALSE(is_mqtt_text("a\x1f"));
    CHECK_FALSE(is_mqtt_text("a\x7f"));
    CHECK_FALSE(is_mqtt_text("a\xC2\x85"));         // U+0085
    CHECK_FALSE(is_mqtt_text("\xEF\xB7\x90"));      // U+FDD0
    CHECK_FALSE(is_mqtt_text("\xF0\x9F\xBF\xBE"));  // U+1FFFE
    CHECK_FALSE(is_mqtt_text("\xED\xA0\x80"));      // a surrogate
}

TEST_CASE("a payload is binary where no text looks like it") {
    CHECK_FALSE(is_binary("plain\ttext\r\n"));
    CHECK_FALSE(is_binary("\x1b[31mred\x1b[0m"));
    CHECK(is_binary(std::string_view{"a\0b", 3}));
    CHECK(is_binary("\x08\x01\x12\x02"));  // Protocol Buffers
    CHECK(is_binary("\x89PNG\r\n\x1a\n"));
    CHECK(is_binary("caf\xE9"));  // Latin-1
}

TEST_CASE("a language tag is letters, digits and hyphens") {
    for (const auto* tag : {"en", "de-CH-1996", "zh-Hant-TW", "x-klingon"})
        CHECK(is_language_tag(tag));
    for (const auto* tag : {"", "-", "en-", "en us", "en'/><x", "e\xC3\xBC"})
        CHECK_FALSE(is_language_tag(tag));
    CHECK_FALSE(is_language_tag(std::string(36, 'a')));
}

TEST_CASE("line ends become LF [XML 1.0 §2.11]") {
    CHECK(with_plain_line_ends("a\r\nb\rc\nd\r\n\r\n") == "a\nb\nc\nd\n\n");
    CHECK(with_plain_line_ends("\r") == "\n");
    CHECK(with_plain_line_ends("\r\r\n") == "\n\n");
}

TEST_CASE("a nick is prepared, trimmed and bounded") {
    CHECK(make_nick("  kitchen sensor\n", 64).value() == "kitchen sensor");
    CHECK(make_nick("\xEF\xBC\xA2ob", 64).value() == "Bob");  // full-width B
    CHECK(make_nick(std::string(5000, 'n'), 64).value() == std::string(64, 'n'));
    CHECK(make_nick("\xC3\xA9\xC3\xA9\xC3\xA9", 2).value() == "\xC3\xA9\xC3\xA9");
    CHECK(make_nick("\xEF\xB7\xBA\xEF\xB7\xBA\xEF\xB7\xBA\xEF\xB7\xBA", 64).value().size() < 200);  // each is 18
}

TEST_CASE("a nick of nothing, of controls or of what turns the direction is none") {
    CHECK_FALSE(make_nick("", 64));
    CHECK_FALSE(make_nick(" \t\r\n ", 64));
    CHECK_FALSE(make_nick("\xE2\x80\x8B\xE2\x80\x8D", 64));  // zero width
    CHECK_FALSE(make_nick("\xE3\x80\x80", 64));              // an ideographic space
    CHECK_FALSE(make_nick("\xE3\x85\xA4", 64));              // Hangul filler
    CHECK_FALSE(make_nick("ro\x07meo", 64));
    CHECK_FALSE(make_nick("ro\nmeo", 64));
    CHECK_FALSE(make_nick("\xE2\x80\xAEoemor", 64));  // U+202E
    CHECK_FALSE(make_nick("\xE2\x81\xA6romeo", 64));  // U+2066
    CHECK_FALSE(make_nick("\xE2\x80\xA8x", 64));      // a line separator
    CHECK_FALSE(
        make_nick("rom\xFF"
                  "eo",
                  64));
    CHECK_FALSE(make_nick(std::string_view{"ro\0meo", 6}, 64));
}
