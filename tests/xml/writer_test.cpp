#include "xml/writer.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

TEST_CASE("xmlns is written only where the namespace changes [XML Names §6.2]") {
    Element message{"message", std::string(ns::client), {}, {}};
    message.set("type", "groupchat").add("body", ns::client).add_text("a < b & c");
    message.add("x", "");
    CHECK(to_string(message, ns::client) ==
          "<message type='groupchat'><body>a &lt; b &amp; c</body><x xmlns=''/></message>");
}
