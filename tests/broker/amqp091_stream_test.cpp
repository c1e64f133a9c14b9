#include "broker/amqp091_stream.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

namespace {

using Clock = Amqp091Stream::Clock;
constexpr Clock::time_point start{};

/// What basic.consume is asked to begin at.
std::string asked(Amqp091Stream& stream, Clock::time_point now = start, WallTime wall = {}) {
    RabbitTable arguments;
    stream.ask(arguments, {now, wall});
    const auto table = arguments.table();
    REQUIRE(table.num_entries == 1);
    CHECK(to_view(table.entries[0].key) == "x-stream-offset");
    const auto& value = table.entries[0].value;
    if (value.kind == AMQP_FIELD_KIND_TIMESTAMP)
        return "since " + std::to_string(value.value.u64);
    return value.kind == AMQP_FIELD_KIND_I64 ? std::to_string(value.value.i64)
                                             : std::string(to_view(value.value.bytes));
}

}  // namespace

TEST_CASE("whoever never read a stream reads what comes from then on") {
    Amqp091Stream stream(std::nullopt);
    CHECK(asked(stream) == "next");
    CHECK_FALSE(stream.is_overdue(start + std::chrono::hours(1)));
    CHECK(stream.take(7));
    CHECK(stream.take(8));
    CHECK_MESSAGE(asked(stream) == "8", "as where it is read again after a cut");
}

TEST_CASE("where nothing was had yet, what came since the stream was first wanted is") {
    const WallTime wanted(std::chrono::milliseconds(5'999));
    Amqp091Stream stream(std::nullopt);
    CHECK(asked(stream, start, wanted) == "next");
    CHECK_MESSAGE(asked(stream, start, wanted + std::chrono::hours(1)) == "since 5", "as where it was refused first");
    CHECK(stream.take(7));
    CHECK(asked(stream) == "7");
    Amqp091Stream another(std::nullopt, wanted);
    CHECK(asked(another, start, wanted + std::chrono::hours(1)) == "since 5");
    another.begin_anew();
    CHECK(asked(another) == "first");
}

TEST_CASE("what was had last is asked for, and is not had twice") {
    Amqp091Stream stream(41);
    CHECK(asked(stream) == "41");
    CHECK_FALSE(stream.take(40));
    CHECK_FALSE(stream.take(41));
    CHECK(stream.take(42));
    CHECK(stream.take_missed() == 0);
    CHECK_FALSE(stream.is_overdue(start + std::chrono::hours(1)));
}

TEST_CASE("what the stream kept no longer is counted") {
    Amqp091Stream stream(41);
    asked(stream);
    CHECK(stream.take(45));
    CHECK(stream.take_missed() == 3);
    CHECK(stream.take_missed() == 0);
    CHECK(stream.take(50));
    CHECK_MESSAGE(stream.take_missed() == 0, "RabbitMQ numbers more than messages");
}

TEST_CASE("a stream that does not have what was had last is another one") {
    Amqp091Stream stream(41);
    asked(stream, start + std::chrono::seconds(10));
    CHECK_FALSE(stream.is_overdue(start + std::chrono::seconds(14)));
    CHECK(stream.is_overdue(start + std::chrono::seconds(15)));
    stream.begin_anew();
    CHECK_FALSE(stream.is_overdue(start + std::chrono::seconds(15)));
    CHECK(asked(stream) == "first");
    CHECK(stream.take(0));
    CHECK(stream.take(1));
}

TEST_CASE("the offset is a number that the delivery does not keep") {
    Delivery delivery;
    CHECK_FALSE(take_stream_offset(delivery));
    delivery.properties = {{"a", "b"}, {"x-stream-offset", "9007199254740993"}, {"c", "d"}};
    CHECK(take_stream_offset(delivery) == 9007199254740993U);
    CHECK(delivery.properties.size() == 2);
    delivery.properties = {{"x-stream-offset", "1x"}};
    CHECK_FALSE(take_stream_offset(delivery));
    CHECK(delivery.properties.empty());
}
