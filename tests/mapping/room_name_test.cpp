#include "mapping/room_name.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

namespace {

std::string why_not(std::string_view room) {
    const auto levels = parse_room_name(room);
    return levels ? "" : levels.error().text;
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("levels are escaped as XEP-0106 §5.1 shows") {
    const std::pair<const char*, const char*> examples[] = {
        {"space cadet", "space\\20cadet"},   {"call me \"ishmael\"", "call\\20me\\20\\22ishmael\\22"},
        {"at&t guy", "at\\26t\\20guy"},      {"d'artagnan", "d\\27artagnan"},
        {"::foo::", "\\3a\\3afoo\\3a\\3a"},  {"<foo>", "\\3cfoo\\3e"},
        {"user@host", "user\\40host"},       {"c:\\net", "c\\3a\\net"},
        {"c:\\\\net", "c\\3a\\\\net"},       {"c:\\cool stuff", "c\\3a\\cool\\20stuff"},
        {"c:\\5commas", "c\\3a\\5c5commas"},
    };
    for (const auto& [level, text] : examples) {
        CHECK(escape_level(level) == text);
        CHECK(unescape_level(text) == level);
    }
}

TEST_CASE("what is no escape stays as it is [XEP-0106 §4.3]") {
    for (const auto* text : {"\\2plus\\2is\\4", "foo\\bar", "foob\\41r", "\\", "a\\", "\\2"}) {
        CHECK(unescape_level(text) == text);
        CHECK(escape_level(text) == text);
    }
}

TEST_CASE("a dot inside a level is \\2e, so that a.b and a/b have two rooms") {
    CHECK(escape_level("v1.2") == "v1\\2e2");
    CHECK(unescape_level("v1\\2e2") == "v1.2");
    CHECK(make_room_name({"a", "b"}).value() == "a.b");
    CHECK(make_room_name({"a.b"}).value() == "a\\2eb");
    CHECK(parse_room_name("a\\2eb").value() == Levels{"a.b"});
    CHECK(parse_room_name("a.b").value() == Levels{"a", "b"});
}

TEST_CASE("an address has one room: names that would be a second one for it are refused") {
    CHECK(holds(why_not("a\\5cz"), "want \"a\\z\""));
    CHECK(parse_room_name("a\\5c20").value() == Levels{"a\\20"});
    CHECK(parse_room_name("a\\2fb").value() == Levels{"a/b"});  // what it is depends on the broker
}

TEST_CASE("empty levels, and a space at an end, are refused [XEP-0106 §3.2]") {
    for (const auto* room : {"a..b", ".a", "a.", ".", ""})
        CHECK(holds(why_not(room), "empty level"));
    CHECK(holds(why_not("\\20a"), "XEP-0106"));
    CHECK(holds(why_not("a\\20"), "XEP-0106"));
    CHECK(parse_room_name("a.\\20b").value() == Levels{"a", " b"});
}

TEST_CASE("what a JID would fold or cannot hold makes no room's name [RFC 7622 §3.3]") {
    CHECK(holds(make_room_name({"Kitchen"}).error().text, "\"kitchen\" is another topic"));
    CHECK(holds(make_room_name({"stra\xC3\x9F"
                                "e"})
                    .error()
                    .text,
                "another topic"));
    CHECK(make_room_name({"k\xC3\xBC"
                          "che"})
              .value() ==
          "k\xC3\xBC"
          "che");
    CHECK_FALSE(make_room_name({"a\x01"}).has_value());
    CHECK_FALSE(make_room_name({" a"}).has_value());
    CHECK_FALSE(make_room_name({"a", ""}).has_value());
    CHECK_FALSE(make_room_name({""}).has_value());
    CHECK_FALSE(make_room_name({}).has_value());
    CHECK_FALSE(make_room_name({std::string(2000, 'a')}).has_value());
    // The accent would melt into the last digit of the escape.
    CHECK_FALSE(make_room_name({".\xCC\x81"}).has_value());
}
