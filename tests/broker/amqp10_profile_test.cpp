#include "broker/amqp10_profile.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

namespace {

Amqp10Profile make(const std::string& name, const std::string& exchange = "amq.topic") {
    BrokerConfig config;
    config.profile = name;
    config.exchange = exchange;
    return *Amqp10Profile::make(config, "origin");
}

}  // namespace

TEST_CASE("a profile is one of four") {
    BrokerConfig config;
    config.profile = "qpid";
    const auto profile = Amqp10Profile::make(config, "origin");
    REQUIRE_FALSE(profile.has_value());
    CHECK(profile.error().text ==
          "brokers/main/profile: want rabbitmq, activemq-classic, artemis or servicebus, got qpid");
}

TEST_CASE("each profile spells its nodes") {
    CHECK(make("rabbitmq").to_target("a.b") == "/topic/a.b");
    CHECK(make("rabbitmq", "plant").to_target("a.b") == "/exchange/plant/a.b");
    CHECK(*make("rabbitmq", "plant").to_source("a.#") == "/exchange/plant/a.#");
    CHECK(make("activemq-classic").to_target("a.b") == "topic://a.b");
    CHECK(*make("activemq-classic").to_source("a.#") == "topic://a.>");
    CHECK(*make("activemq-classic").to_source("a.*") == "topic://a.*");
    CHECK_FALSE(make("activemq-classic").to_source("#.b").has_value());
    CHECK(make("artemis").to_target("a.b") == "a.b");
    CHECK(*make("artemis").to_source("a.#") == "a.#");
    CHECK(make("servicebus").to_target("a.b") == "a.b");
    CHECK(*make("servicebus").to_source("a.b") == "a.b/Subscriptions/mucbridge-origin");
    CHECK_FALSE(make("servicebus").to_source("a.*").has_value());
}

TEST_CASE("a topic's terminus asks for its capability where a queue could be meant") {
    CHECK(make("rabbitmq").capability().empty());
    CHECK(make("activemq-classic").capability() == "topic");
    CHECK(make("artemis").capability() == "topic");
    CHECK(make("servicebus").capability().empty());
}

TEST_CASE("the address of what came by a wildcard is what the message says, where the filter selects it") {
    CHECK(make("rabbitmq").address_of("a.b", "/topic/other", "x") == "a.b");
    CHECK(make("rabbitmq").address_of("a.#", "/topic/a.b", "") == "a.b");
    CHECK(make("rabbitmq").address_of("a.#", "", "a.c") == "a.c");
    CHECK(make("activemq-classic").address_of("a.#", "topic://a.b.c", "") == "a.b.c");
    CHECK(make("artemis").address_of("*.b", "a.b", "") == "a.b");
    // A lie, a wildcard, and nothing at all.
    CHECK(make("artemis").address_of("*.b", "a.c", "") == "-.b");
    CHECK(make("artemis").address_of("a.#", "a.*", "") == "a");
    CHECK(make("rabbitmq").address_of("#.error", "", "") == "error");
}

TEST_CASE("a virtual host is the open frame's hostname") {
    CHECK(make("rabbitmq").to_hostname("host", "/") == "host");
    CHECK(make("rabbitmq").to_hostname("host", "plant") == "vhost:plant");
    CHECK(make("artemis").to_hostname("host", "plant") == "plant");
}
