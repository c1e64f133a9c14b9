#include "gateway/subscriptions.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

using Names = std::vector<std::string>;

TEST_CASE("the broker is asked once for a filter, and told when its last room goes") {
    Subscriptions subscriptions;
    CHECK(subscriptions.add("foo/bar", 1, "foo.bar"));
    CHECK_FALSE(subscriptions.add("foo/bar", 1, "mirror"));
    CHECK_FALSE(subscriptions.add("foo/bar", 0, "third"));
    CHECK_FALSE(subscriptions.remove("foo/bar", "foo.bar"));
    CHECK_FALSE(subscriptions.remove("foo/bar", "stranger"));
    CHECK_FALSE(subscriptions.remove("foo/bar", "third"));
    CHECK(subscriptions.remove("foo/bar", "mirror"));
    CHECK_FALSE(subscriptions.remove("foo/bar", "mirror"));
    CHECK(subscriptions.filters().empty());
}

TEST_CASE("a room that wants a better QoS makes the broker be asked again") {
    Subscriptions subscriptions;
    CHECK(subscriptions.add("a", 0, "one"));
    CHECK(subscriptions.add("a", 2, "two"));
    CHECK_FALSE(subscriptions.add("a", 1, "three"));
    CHECK(subscriptions.find("a")->qos == 2);
}

TEST_CASE("an address is heard by the rooms whose filters select it, each once [MQTT-4.7]") {
    Subscriptions subscriptions;
    subscriptions.add("lab/oven", 1, "oven");
    subscriptions.add("lab/+", 1, "lab");
    subscriptions.add("lab/#", 1, "lab");
    subscriptions.add("#", 1, "all");
    CHECK(subscriptions.rooms_for("lab/oven") == Names{"all", "lab", "oven"});
    CHECK(subscriptions.rooms_for("lab") == Names{"all", "lab"});
    CHECK(subscriptions.rooms_for("elsewhere") == Names{"all"});
    CHECK(subscriptions.rooms_for("$SYS/broker/uptime").empty());
    CHECK(subscriptions.rooms_for("LAB/oven") == Names{"all"});
}

TEST_CASE("what was found for an address is forgotten when rooms come and go") {
    Subscriptions subscriptions;
    subscriptions.add("a", 1, "one");
    CHECK(subscriptions.rooms_for("a") == Names{"one"});
    subscriptions.add("+", 1, "two");
    CHECK(subscriptions.rooms_for("a") == Names{"one", "two"});
    subscriptions.remove("a", "one");
    CHECK(subscriptions.rooms_for("a") == Names{"two"});
    subscriptions.remove("+", "two");
    CHECK(subscriptions.rooms_for("a").empty());
}

TEST_CASE("a publisher that invents addresses does not change what is heard") {
    Subscriptions subscriptions;
    subscriptions.add("#", 1, "all");
    for (int i = 0; i < 30000; ++i)
        REQUIRE(subscriptions.rooms_for("invented/" + std::to_string(i)) == Names{"all"});
}

TEST_CASE("answers end with the connection that they were given on") {
    Subscriptions subscriptions;
    subscriptions.add("a", 1, "one");
    subscriptions.find("a")->answer = Granted{true, 1, {}};
    subscriptions.forget_answers();
    CHECK_FALSE(subscriptions.find("a")->answer.has_value());
    CHECK(subscriptions.find("b") == nullptr);
}

TEST_CASE("where each filter brings its own copy (AMQP), it is for the rooms of that filter") {
    Subscriptions subscriptions(AddressKind::routing_key);
    subscriptions.add("lab.oven", 1, "oven");
    subscriptions.add("lab.*", 1, "lab");
    CHECK(subscriptions.rooms_for("lab.oven", "lab.*") == Names{"lab"});
    CHECK(subscriptions.rooms_for("lab.oven", "lab.oven") == Names{"oven"});
    CHECK(subscriptions.rooms_for("lab.oven", "gone").empty());
    CHECK(subscriptions.rooms_for("lab.oven", "") == Names{"lab", "oven"});
}
