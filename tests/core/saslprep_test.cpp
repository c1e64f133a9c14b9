#include "core/saslprep.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

TEST_CASE("passwords are prepared as RFC 4013 §3 has it") {
    CHECK(*saslprep("I\xC2\xADX") == "IX");
    CHECK(*saslprep("user") == "user");
    CHECK(*saslprep("USER") == "USER");
    CHECK(*saslprep("\xC2\xAA") == "a");
    CHECK(*saslprep("\xE2\x85\xA8") == "IX");
    CHECK(!saslprep("\x07").has_value());
    CHECK(!saslprep("\xD8\xA7\x31").has_value());
    CHECK_MESSAGE(*saslprep("a\xC2\xA0z") == "a z", "other spaces are a space");
    CHECK(*saslprep("with spaces, = and \"quotes\"") == "with spaces, = and \"quotes\"");
}

TEST_CASE("what is no password says what one is") {
    CHECK(!saslprep("").has_value());
    CHECK(!saslprep(std::string(1024, 'x')).has_value());
    CHECK(saslprep(std::string(1023, 'x')).has_value());
    CHECK(!saslprep("\xFF").has_value());
    CHECK(!saslprep(std::string_view("a\0b", 3)).has_value());
    CHECK_MESSAGE(!saslprep("\xC2\xAD").has_value(), "nothing is left of it");
    CHECK_MESSAGE(!saslprep("\xEE\x80\x80").has_value(), "private use");
}
