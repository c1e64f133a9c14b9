#include "core/result.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

namespace {

Result<std::string> name_of(int number) {
    if (number == 0)
        return Error{"want 1 or more, got ", std::to_string(number)};
    return "number " + std::to_string(number);
}

}  // namespace

TEST_CASE("a result of text is its value or its error, never one taken for the other") {
    CHECK(name_of(1).value() == "number 1");
    REQUIRE(name_of(0).has_error());
    CHECK(name_of(0).error().text == "want 1 or more, got 0");
}

TEST_CASE("asking a failure for its value is a broken invariant that says which") {
    CHECK_THROWS_WITH_AS(name_of(0).value(), "want 1 or more, got 0", std::logic_error);
}
