#include "broker/amqp091_queue.hpp"

#include <doctest/doctest.h>

#include "broker/amqp091_subscription.hpp"

using namespace mucbridge;

namespace {

const std::string origin = "0123456789abcdef";

Amqp091Wish kept(std::string type = {}) {
    Amqp091Wish wish{1, true, {}};
    wish.queue.type = std::move(type);
    return wish;
}

}  // namespace

TEST_CASE("a queue that outlives its connection is named after the gateway and the filter, and found again") {
    CHECK(make_queue_name({}, origin, "foo.*", kept()) == "mucbridge.0123456789abcdef.foo.*");
    CHECK(make_queue_name({}, origin, "foo.*", kept("quorum")) == "mucbridge.0123456789abcdef.foo.*");
}

TEST_CASE("a queue of one connection is called like no other") {
    const auto one = make_queue_name({}, origin, "foo", {1, false, {}});
    CHECK(one.starts_with("mucbridge.0123456789abcdef.foo~"));
    CHECK(one != make_queue_name({}, origin, "foo", {1, false, {}}));
}

TEST_CASE("a stream has one name for all gateways, and another for another exchange") {
    BrokerConfig config;
    config.exchange = "amq.topic";
    CHECK(make_queue_name(config, origin, "foo", kept("stream")) == "mucbridge.stream.amq.topic.foo");
    CHECK(make_queue_name(config, "other", "foo", kept("stream")) == "mucbridge.stream.amq.topic.foo");
    config.exchange = "ops";
    CHECK(make_queue_name(config, origin, "foo", kept("stream")) == "mucbridge.stream.ops.foo");
}

TEST_CASE("names that are too long are cut, and stay apart") {
    const std::string common(300, 'x');
    const auto one = make_queue_name({}, origin, common + "1", kept());
    CHECK(one.size() <= 255);
    CHECK(one == make_queue_name({}, origin, common + "1", kept()));
    CHECK(one != make_queue_name({}, origin, common + "2", kept()));
}

TEST_CASE("a subscription answers as often as the answer is another") {
    std::string told;
    Amqp091Subscription subscription;
    subscription.answered = [&](const Granted& granted) { told += granted.granted ? '+' : '-'; };
    subscription.answer({false, 0, "no"});
    subscription.answer({false, 0, "still no"});
    CHECK(told == "-");
    subscription.answer({true, 1});
    subscription.answer({true, 1});
    CHECK(told == "-+");
    subscription.answer({false, 0, "deleted, and not to be made again"});
    CHECK(told == "-+-");
}

TEST_CASE("a stream is acknowledged whatever was asked for") {
    Amqp091Subscription subscription;
    subscription.wish.qos = 0;
    CHECK_FALSE(subscription.is_acknowledged());
    subscription.stream.emplace(std::nullopt);
    CHECK(subscription.is_acknowledged());
    subscription.stream.reset();
    subscription.wish.qos = 1;
    CHECK(subscription.is_acknowledged());
}
