#include "mapping/template.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

TEST_CASE("a nick comes from the address's levels, the first of which is 0") {
    const auto nick = NickTemplate::parse("sensor {topic.1} of {topic.0}");
    REQUIRE(nick.has_value());
    CHECK(nick->fill("plant/a/temperature").value() == "sensor a of plant");
    CHECK_FALSE(nick->fill("plant"));
    CHECK_FALSE(nick->fill("plant//x"));
    CHECK(NickTemplate::parse("plc")->fill("x").value() == "plc");
    CHECK_FALSE(NickTemplate::parse("")->fill("x"));
}

TEST_CASE("what is wrong with a template is said") {
    for (const auto* text : {"{topic.1", "topic.1}", "{}", "{topic}", "{topic.}", "{topic.x}", "{topic.-1}", "{nick}",
                             "{topic.1 }", "{topic.99999999999999999999999}"})
        CHECK_FALSE(NickTemplate::parse(text).has_value());
    CHECK(NickTemplate::parse("{nick}").error().text.find("{topic.0}") != std::string::npos);
}
