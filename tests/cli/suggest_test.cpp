#include "cli/suggest.hpp"

#include <doctest/doctest.h>

namespace mucbridge {

TEST_CASE("a likely key is suggested for a slip of it") {
    const std::vector<std::string> keys{"room", "topic", "read", "write", "broker", "qos", "retain", "payload"};
    CHECK(suggest("qoss", keys) == "qos");
    CHECK(suggest("raed", keys) == "read");
    CHECK(suggest("borker", keys) == "broker");
    CHECK(suggest("pyload", keys) == "payload");
    CHECK(suggest("Topic", keys) == "topic");
}

TEST_CASE("nothing is suggested for a word that is like none") {
    const std::vector<std::string> keys{"room", "topic", "qos"};
    CHECK(suggest("colour", keys).empty());
    CHECK(suggest("", keys).empty());
    CHECK(suggest("x", keys).empty());
    CHECK(suggest(std::string(100000, 'q'), keys).empty());
    CHECK(suggest("qos", {}).empty());
}

}  // namespace mucbridge
