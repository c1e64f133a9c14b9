#include "broker/amqp10_message.hpp"

#include <doctest/doctest.h>

#include <map>
#include <proton/binary.hpp>
#include <proton/codec/map.hpp>
#include <proton/codec/vector.hpp>
#include <proton/message_id.hpp>
#include <proton/symbol.hpp>
#include <proton/timestamp.hpp>
#include <proton/types.hpp>
#include <vector>

#include "broker/amqp10_json.hpp"

using namespace mucbridge;

namespace {

/// As it comes from the wire.
proton::message carry(const proton::message& message) {
    proton::message carried;
    carried.decode(message.encode());
    return carried;
}

std::string shown(const proton::value& body) { return to_delivery(carry(proton::message(body))).payload; }

}  // namespace

TEST_CASE("a publication is one data section, with our words in properties and application properties") {
    Publication publication;
    publication.payload = std::string("a\0b", 3);
    publication.content_type = "text/plain";
    publication.id = "some-id";
    publication.answers = "another-id";
    publication.said_at = WallTime(std::chrono::milliseconds(1234567));
    publication.properties = {{"XMPPFrom", "room@rooms/romeo"}, {"nick", "ü"}};
    const auto message = carry(to_amqp10(publication, "/topic/a.b"));
    CHECK(message.inferred());
    CHECK(message.body().type() == proton::BINARY);
    CHECK(message.to() == "/topic/a.b");
    CHECK(message.id() == proton::message_id("some-id"));
    CHECK(message.correlation_id() == proton::message_id("another-id"));
    CHECK(message.creation_time().milliseconds() == 1234567);
    CHECK(message.durable());
    const auto delivery = to_delivery(message);
    CHECK(delivery.payload == publication.payload);
    CHECK(delivery.content_type == "text/plain");
    REQUIRE(delivery.property("XMPPFrom"));
    CHECK(*delivery.property("XMPPFrom") == "room@rooms/romeo");
    CHECK(*delivery.property("nick") == "ü");
    CHECK(*delivery.property("message-id") == "some-id");
    CHECK(*delivery.property("correlation-id") == "another-id");
    CHECK_FALSE(delivery.duplicate);
    publication.qos = 0;
    CHECK_FALSE(to_amqp10(publication, "x").durable());
}

TEST_CASE("text, data and values are shown") {
    CHECK(shown(std::string("text")) == "text");
    CHECK(shown(proton::symbol("symbol")) == "symbol");
    CHECK(shown(proton::binary("bytes")) == "bytes");
    CHECK(shown(42) == "42");
    CHECK(shown(true) == "true");
    CHECK(shown(std::map<std::string, proton::scalar>{{"text", "of a map"}, {"count", 3}}) ==
          R"({"count":3,"text":"of a map"})");
    CHECK(shown(std::vector<proton::value>{"a", 4.5, proton::value(), false}) == R"(["a",4.5,null,false])");
    CHECK(shown(proton::value()).empty());
}

TEST_CASE("values that JSON does not know, or that are too deep, are text all the same") {
    CHECK(to_json_text(proton::binary("\xff\x01")) == R"("ff01")");
    CHECK(to_json_text(std::string("\xff")) == "\"\xef\xbf\xbd\"");
    proton::value nested = 1;
    for (int depth = 0; depth < 100; ++depth)
        nested = std::vector<proton::value>{nested};
    CHECK(to_json_text(nested).find("...") != std::string::npos);
}

TEST_CASE("properties of all kinds are text; what is no UTF-8 is left out") {
    proton::message message("x");
    message.properties().put("number", 3);
    message.properties().put("truth", true);
    message.properties().put("symbol", proton::symbol("s"));
    message.user("jo");
    message.reply_to("answers");
    message.correlation_id(proton::message_id(7U));
    message.delivery_count(2);
    const auto delivery = to_delivery(carry(message));
    CHECK(*delivery.property("number") == "3");
    CHECK(*delivery.property("truth") == "true");
    CHECK(*delivery.property("symbol") == "s");
    CHECK(*delivery.property("user-id") == "jo");
    CHECK(*delivery.property("reply-to") == "answers");
    CHECK(*delivery.property("correlation-id") == "7");
    CHECK(delivery.duplicate);
    message.user("\xff");
    CHECK_FALSE(to_delivery(carry(message)).property("user-id"));
}
