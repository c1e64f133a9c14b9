#include "gateway/line_key.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

TEST_CASE("a line's name on a link tells its place and gives its id back, whatever is in it") {
    const std::string room = "garden@rooms.localhost";
    for (const std::string id : {"01936f2c-5b3e-7c1a-9d4e-0f6a7b8c9d0e", "", " ", "mirror-1 x", "home"}) {
        const LineKey home = parse_line_key(room, make_line_key(room, {std::nullopt, id}));
        CHECK_FALSE(home.mirror.has_value());
        CHECK(home.id == id);
        const LineKey mirror = parse_line_key(room, make_line_key(room, {12, id}));
        CHECK(mirror.mirror == 12U);
        CHECK(mirror.id == id);
    }
    CHECK(make_line_key(room, {std::nullopt, "x"}) != make_line_key(room, {0, "x"}));
    CHECK(make_line_key(room, {0, "x"}) != make_line_key("balcony@rooms.localhost", {0, "x"}));
}
