#include "gateway/second_copies.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

namespace {

Delivery make_delivery(std::uint32_t packet_id, const std::string& payload, bool duplicate = false, int qos = 1) {
    Delivery delivery;
    delivery.address = "room";
    delivery.payload = payload;
    delivery.qos = qos;
    delivery.duplicate = duplicate;
    delivery.packet_id = packet_id;
    return delivery;
}

/// A session on which these were heard, and whose connection was lost and resumed.
SecondCopies resumed(std::initializer_list<Delivery> heard) {
    SecondCopies copies;
    copies.on_up(false);
    for (const auto& delivery : heard)
        CHECK_FALSE(copies.is_second_copy(delivery));
    copies.on_up(true);
    return copies;
}

}  // namespace

TEST_CASE(
    "what comes again after a resumption, marked and under its packet id, is a second copy, once [MQTT-4.4.0-1]") {
    auto copies = resumed({make_delivery(7, "ok"), make_delivery(8, "no")});
    CHECK(copies.is_second_copy(make_delivery(7, "ok", true)));
    CHECK(copies.is_second_copy(make_delivery(8, "no", true)));
    CHECK_FALSE(copies.is_second_copy(make_delivery(7, "ok", true)));
}

TEST_CASE("the same words are another line: under another packet id, at another address, or not marked") {
    auto copies = resumed({make_delivery(7, "ok")});
    CHECK_FALSE(copies.is_second_copy(make_delivery(8, "ok", true)));
    auto elsewhere = make_delivery(7, "ok", true);
    elsewhere.address = "other";
    CHECK_FALSE(copies.is_second_copy(elsewhere));
    auto with_property = make_delivery(7, "ok", true);
    with_property.properties = {{"id", "1"}};
    CHECK_FALSE(copies.is_second_copy(with_property));
    CHECK_FALSE(copies.is_second_copy(make_delivery(7, "ok")));
}

TEST_CASE("a mark alone says nothing: the first copy may have been lost on its way") {
    auto copies = resumed({make_delivery(7, "heard")});
    CHECK(copies.is_second_copy(make_delivery(7, "heard", true)));
    CHECK_FALSE(copies.is_second_copy(make_delivery(8, "never heard", true)));
}

TEST_CASE("at QoS 2, where the mark does not reach us, the packet id tells, until the first new line") {
    auto copies = resumed({make_delivery(1, "ok", false, 2), make_delivery(2, "ok", false, 2)});
    CHECK(copies.is_second_copy(make_delivery(2, "ok", false, 2)));
    CHECK_FALSE(copies.is_second_copy(make_delivery(3, "new", false, 2)));
    CHECK_FALSE(copies.is_second_copy(make_delivery(1, "ok", false, 2)));
}

TEST_CASE("a line that is new is followed by new ones only: an id that is free again is not taken for the old line") {
    auto copies = resumed({make_delivery(7, "ok")});
    CHECK_FALSE(copies.is_second_copy(make_delivery(9, "new")));
    copies.on_up(true);
    CHECK_FALSE(copies.is_second_copy(make_delivery(7, "ok", true)));
}

TEST_CASE("a connection that is lost before anything came does not make it forget") {
    auto copies = resumed({make_delivery(7, "ok")});
    copies.on_up(true);
    CHECK(copies.is_second_copy(make_delivery(7, "ok", true)));
    copies.on_up(true);
    CHECK(copies.is_second_copy(make_delivery(7, "ok", true)));
}

TEST_CASE("without a session everything is forgotten, and at QoS 0 nothing comes again") {
    auto copies = resumed({make_delivery(7, "ok"), make_delivery(0, "zero", false, 0)});
    CHECK_FALSE(copies.is_second_copy(make_delivery(0, "zero", false, 0)));
    copies.on_up(false);
    CHECK_FALSE(copies.is_second_copy(make_delivery(7, "ok", true)));
}

TEST_CASE("the latest thousand are remembered") {
    SecondCopies copies;
    for (std::uint32_t id = 1; id <= 1001; ++id)
        copies.is_second_copy(make_delivery(id, "line"));
    copies.on_up(true);
    CHECK_FALSE(copies.is_second_copy(make_delivery(1, "line", true)));
    for (std::uint32_t id = 2; id <= 1001; ++id)
        CHECK(copies.is_second_copy(make_delivery(id, "line", true)));
}

namespace {

Delivery make_queued(unsigned queue, const std::string& payload, bool redelivered = false) {
    auto delivery = make_delivery(0, payload, redelivered);
    delivery.filter = "queue" + std::to_string(queue);
    return delivery;
}

}  // namespace

TEST_CASE("a queue brings again, marked and in order, what was not acknowledged") {
    auto copies = resumed({make_queued(1, "a"), make_queued(1, "b"), make_queued(1, "c"), make_queued(2, "b")});
    CHECK(copies.is_second_copy(make_queued(1, "b", true)));
    CHECK(copies.is_second_copy(make_queued(2, "b", true)));
    CHECK(copies.is_second_copy(make_queued(1, "c", true)));
    CHECK_FALSE(copies.is_second_copy(make_queued(1, "a", true)));  // it was before them, and is another one
}

TEST_CASE("what a queue marks and was never heard is new, and so is all that follows it there") {
    auto copies = resumed({make_queued(1, "a"), make_queued(1, "b"), make_queued(2, "b")});
    CHECK(copies.is_second_copy(make_queued(1, "a", true)));
    CHECK_FALSE(copies.is_second_copy(make_queued(1, "on its way", true)));
    CHECK_FALSE(copies.is_second_copy(make_queued(1, "b", true)));
    CHECK(copies.is_second_copy(make_queued(2, "b", true)));
}

TEST_CASE("what is surely acknowledged does not come again: the same words are another line") {
    SecondCopies copies;
    copies.on_up(false);
    CHECK_FALSE(copies.is_second_copy(make_queued(1, "ok")));
    CHECK_FALSE(copies.is_second_copy(make_queued(1, "no")));
    copies.forget(1);
    copies.on_up(true);
    CHECK_FALSE(copies.is_second_copy(make_queued(1, "ok", true)));
}
