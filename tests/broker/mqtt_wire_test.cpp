#include "broker/mqtt_wire.hpp"

#include <doctest/doctest.h>
#include <mqtt/async_client.h>

#include "broker/reason.hpp"

using namespace mucbridge;

namespace {

/// Paho's allocator lives from the first client to the last, and properties are made with it.
struct Paho {
    mqtt::async_client client{"tcp://127.0.0.1:1", "x"};
};

Publication make_full() {
    Publication publication;
    publication.address = "foo/bar";
    publication.payload = "But soft";
    publication.content_type = "text/plain";
    publication.properties = {{"XMPPFrom", "foo.bar@rooms.localhost/romeo"}, {"id", ""}};
    return publication;
}

}  // namespace

TEST_CASE_FIXTURE(Paho, "MQTT 5 carries content type and user properties there and back") {
    const auto delivery = to_delivery(*make_message(make_full(), true));
    CHECK(delivery.address == "foo/bar");
    CHECK(delivery.payload == "But soft");
    CHECK(delivery.content_type == "text/plain");
    CHECK(delivery.properties == make_full().properties);
}

TEST_CASE_FIXTURE(Paho, "what a line answers is MQTT 5's correlation data; bytes that are no text are none") {
    auto publication = make_full();
    publication.answers = "01936f2c-5b3e-7c1a-9d4e-0f6a7b8c9d0e";
    const auto delivery = to_delivery(*make_message(publication, true));
    REQUIRE(delivery.property("correlation-id"));
    CHECK(*delivery.property("correlation-id") == publication.answers);
    CHECK(to_delivery(*make_message(publication, false)).properties.empty());
    publication.answers = "\xff";
    CHECK(to_delivery(*make_message(publication, true)).properties == make_full().properties);
}

TEST_CASE_FIXTURE(Paho, "MQTT 3.1.1 carries the payload alone") {
    const auto delivery = to_delivery(*make_message(make_full(), false));
    CHECK(delivery.payload == "But soft");
    CHECK(delivery.content_type.empty());
    CHECK(delivery.properties.empty());
}

TEST_CASE("a packet's size is counted to the byte (MQTT 5 §3.3)") {
    Publication publication;
    publication.address = "ab";
    publication.payload = "xyz";
    publication.qos = 0;
    publication.is_text = false;
    CHECK(packet_size(publication, false) == 2 + 2 + 2 + 3);
    CHECK(packet_size(publication, true) == 2 + 2 + 2 + 1 + 3);
    publication.qos = 1;
    publication.is_text = true;
    publication.content_type = "t/p";
    publication.properties = {{"a", "bc"}};
    CHECK(packet_size(publication, true) == 2 + 2 + 2 + 2 + (1 + 2 + 6 + 8) + 3);
    publication.payload.assign(200, 'x');
    CHECK(packet_size(publication, false) == 3 + 2 + 2 + 2 + 200);
}

TEST_CASE_FIXTURE(Paho, "thousands of user properties, as a hostile publisher sends them, are all read") {
    Publication publication;
    publication.address = "a";
    publication.content_type = "text/plain";
    for (int i = 0; i < 5000; ++i)
        publication.properties.emplace_back("n" + std::to_string(i), "v");
    const auto delivery = to_delivery(*make_message(publication, true));
    CHECK(delivery.properties == publication.properties);
    CHECK(delivery.content_type == "text/plain");
}

TEST_CASE("reason codes are told in words (MQTT 5 §2.4, MQTT 3.1.1 §3.2.2.3)") {
    CHECK(reason_words(0x87) == "not authorized");
    CHECK(reason_words(0x97) == "quota exceeded");
    CHECK(reason_words(0xff) == "reason code 255");
    CHECK(connack_words(4) == "bad user name or password");
    CHECK(connack_words(9) == "return code 9");
}
