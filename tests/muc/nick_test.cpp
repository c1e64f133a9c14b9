#include "muc/nick.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

namespace {

std::optional<Condition> refusal(std::string_view nick) {
    const auto error = refuse_nick(nick, 10, "[main]");
    return error ? std::optional{error->condition} : std::nullopt;
}

}  // namespace

TEST_CASE("nicks are compared without case") {
    CHECK(fold_nick("ROMEO") == "romeo");
    CHECK(fold_nick("ÀÉÖØÞŸŽ") == "àéöøþÿž");
    CHECK(fold_nick("ΆΣΊΣ") == fold_nick("άσίς"));
    CHECK(fold_nick("РОМЕО Ё Ґ") == "ромео ё ґ");
    CHECK(fold_nick("ĞŁŃŐ") == "ğłńő");
    CHECK(fold_nick("STRASSE") == fold_nick("straße"));
    CHECK(fold_nick("÷×") == "÷×");
    CHECK(fold_nick("日本🎭") == "日本🎭");
}

TEST_CASE("characters that show nothing do not make another nick") {
    CHECK(fold_nick("ro\u200Bmeo\uFE0F\u00AD") == "romeo");
}

TEST_CASE("gaps make no other nick, however many blanks and of whatever width [XEP-0045 §14.6]") {
    CHECK(fold_nick(" romeo ") == "romeo");
    CHECK(fold_nick("romeo\u00A0\u200B\u3000") == "romeo");
    CHECK(fold_nick("Lady  Capulet") == "lady capulet");
    CHECK(fold_nick("lady\u2003 \u200Bcapulet") == "lady capulet");
    CHECK(fold_nick("ladycapulet") != fold_nick("lady capulet"));
    CHECK(fold_nick(" \u2060 ").empty());
}

TEST_CASE("a nick of text as people write it is fine") {
    for (const char* nick : {"romeo", "R", "Ромео", "日本", "a b", "🎭", "[x]", "main"})
        CHECK_MESSAGE(!refusal(nick), nick);
}

TEST_CASE("a blank nick is malformed [hostile input: nick_tricks]") {
    for (const char* nick : {"", " ", "   ", "\u00A0", "\u200B", "\u200B \u2060", "\u3164", "\u3000"})
        CHECK_MESSAGE(refusal(nick) == Condition::jid_malformed, nick);
}

TEST_CASE("control and bidirectional characters are malformed anywhere in a nick [hostile input: nick_tricks]") {
    for (const char* nick : {"a\tb", "a\nb", "\x7F", "a\u0085", "\u202Eoemor", "a\u2066b", "ro\u200Fmeo", "a\u2028b"})
        CHECK_MESSAGE(refusal(nick) == Condition::jid_malformed, nick);
    CHECK(refusal(std::string_view{"a\0b", 3}) == Condition::jid_malformed);
}

TEST_CASE("bytes that are not UTF-8 are malformed") {
    CHECK(refusal("\xFF") == Condition::jid_malformed);
    CHECK(refusal("a\xC3") == Condition::jid_malformed);
}

TEST_CASE("a nick is measured in characters") {
    CHECK_FALSE(refusal("ÄÄÄÄÄÄÄÄÄÄ"));
    CHECK(refusal("ÄÄÄÄÄÄÄÄÄÄÄ") == Condition::not_acceptable);
}

TEST_CASE("no occupant is called like a publisher [S9]") {
    for (const char* nick : {"[main]", "x [main]", "x[MAIN]", "[main]  ", "[ma\u200Bin]", "[main]\u200B "})
        CHECK_MESSAGE(refusal(nick) == Condition::conflict, nick);
    CHECK_FALSE(refusal("[main] x"));
    CHECK(refuse_nick("x [main]", 10, "[main]")->type == ErrorType::cancel);
}

TEST_CASE("a publisher's nick ends in the broker's mark") {
    CHECK(publisher_nick("sensor", "[main]") == "sensor [main]");
    CHECK(publisher_nick("main", "[main]") == "[main]");
    CHECK(publisher_nick("", "[main]") == "[main]");
}
