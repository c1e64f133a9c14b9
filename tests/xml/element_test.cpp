#include "xml/element.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

TEST_CASE("an attribute without a prefix is found, set, replaced and removed by its name") {
    Element element{"message", std::string(ns::client), {{"id", "u:other", "0"}}, {}};
    CHECK_FALSE(element.has_attribute("id"));
    CHECK(element.attribute("id").empty());
    element.set("id", "1").set("to", "").set("id", "2");
    CHECK(element.attribute("id") == "2");
    CHECK(element.has_attribute("to"));
    CHECK(element.attributes.size() == 3);
    element.remove_attribute("id");
    element.remove_attribute("id");
    CHECK_FALSE(element.has_attribute("id"));
    CHECK(element.attributes.size() == 2);
}

TEST_CASE("a language is xml:lang's and not another lang's") {
    Element element{"body", "", {{"lang", "", "en"}, {"lang", std::string(ns::xml), "de"}}, {}};
    CHECK(element.lang() == "de");
    CHECK(Element{}.lang().empty());
}

TEST_CASE("a child is found by name and namespace, the first of several") {
    Element iq{"iq", std::string(ns::client), {}, {}};
    iq.add_text("text");
    iq.add("query", "u:1").set("n", "1");
    iq.add("query", "u:2").set("n", "2");
    iq.add("query", "u:2").set("n", "3");
    REQUIRE(iq.child("query", "u:2") != nullptr);
    CHECK(iq.child("query", "u:2")->attribute("n") == "2");
    CHECK(iq.child("query", "") == nullptr);
    CHECK(iq.child("other", "u:1") == nullptr);
    REQUIRE(iq.first_child() != nullptr);
    CHECK(iq.first_child()->attribute("n") == "1");
    CHECK(iq.count_children() == 3);
    CHECK(Element{}.first_child() == nullptr);
    iq.child("query", "u:1")->set("n", "changed");
    CHECK(iq.first_child()->attribute("n") == "changed");
}

TEST_CASE("text is what stands directly inside, and adjacent texts are one node") {
    Element element;
    element.add_text("a").add_text("").add_text("b");
    CHECK(element.nodes.size() == 1);
    element.add("x", "").add_text("hidden");
    element.add_text("c");
    CHECK(element.text() == "abc");
    CHECK(element.nodes.size() == 3);
    CHECK(Element{}.add_text("").nodes.empty());
}
