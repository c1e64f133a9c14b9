#include "core/message.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

TEST_CASE("the first of the properties of one name is found, and no other [MQTT5-3.3.2.3.7]") {
    Delivery delivery;
    delivery.properties = {{"XMPPFrom", "a@b/c"}, {"id", "1"}, {"id", "2"}, {"", "nameless"}};
    REQUIRE(delivery.property("id") != nullptr);
    CHECK(*delivery.property("id") == "1");
    CHECK(*delivery.property("") == "nameless");
    CHECK(delivery.property("ID") == nullptr);
    CHECK(Delivery{}.property("id") == nullptr);
}
