#include "cli/topic_client.hpp"

#include <doctest/doctest.h>

#include "broker/memory.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono_literals;

Tick soon() { return std::chrono::steady_clock::now() + 10s; }

BrokerConfig on(const std::string& bus) {
    BrokerConfig config;
    config.url = "memory:" + bus;
    return config;
}

Publication line(const std::string& text) {
    Publication publication;
    publication.address = "a/b";
    publication.payload = text;
    return publication;
}

}  // namespace

TEST_CASE("what is published is settled, and heard by who subscribed") {
    const auto bus = MemoryBus::named("topic-client");
    auto speaker = TopicClient::connect(on("topic-client"), soon());
    auto listener = TopicClient::connect(on("topic-client"), soon());
    REQUIRE(speaker.has_value());
    REQUIRE(listener.has_value());
    CHECK((*listener)->subscribe("a/+", 1, soon()).has_value());
    for (int n = 0; n < 500; ++n)  // more than a window
        REQUIRE((*speaker)->publish(line(std::to_string(n)), soon()));
    const auto settled = (*speaker)->settle(soon());
    REQUIRE(settled);
    CHECK(settled->outcome == Settlement::Outcome::accepted);
    for (int n = 0; n < 500; ++n) {
        const auto delivery = (*listener)->next(soon());
        REQUIRE(delivery);
        CHECK(delivery->payload == std::to_string(n));
    }
}

TEST_CASE("a refusal comes with its reason") {
    const auto bus = MemoryBus::named("topic-refusal");
    bus->refuse_publish("a/b", "not authorized");
    bus->refuse_subscribe("c", "not yours");
    auto client = TopicClient::connect(on("topic-refusal"), soon());
    REQUIRE(client.has_value());
    REQUIRE((*client)->publish(line("x"), soon()));
    const auto settled = (*client)->settle(soon());
    REQUIRE(settled);
    CHECK(settled->outcome == Settlement::Outcome::rejected);
    CHECK(settled->reason == "not authorized");
    const auto subscribed = (*client)->subscribe("c", 1, soon());
    REQUIRE_FALSE(subscribed.has_value());
    CHECK(subscribed.error().text.find("not yours") != std::string::npos);
}

TEST_CASE("a broker that is away, or goes, is said to be") {
    const auto bus = MemoryBus::named("topic-away");
    auto client = TopicClient::connect(on("topic-away"), soon());
    REQUIRE(client.has_value());
    bus->set_up(false);
    CHECK_FALSE((*client)->next(soon()));
    CHECK_FALSE((*client)->why_down().empty());
    CHECK_FALSE((*client)->publish(line("x"), soon()));
    const auto late = TopicClient::connect(on("topic-away"), soon());
    REQUIRE_FALSE(late.has_value());
    CHECK_FALSE(late.error().text.empty());
}

TEST_CASE("a line that stays unsettled is not confirmed") {
    const auto bus = MemoryBus::named("topic-held");
    auto client = TopicClient::connect(on("topic-held"), soon());
    REQUIRE(client.has_value());
    bus->hold_settlements(true);
    REQUIRE((*client)->publish(line("x"), soon()));
    CHECK_FALSE((*client)->settle(std::chrono::steady_clock::now() + 50ms));
    bus->hold_settlements(false);
}

}  // namespace mucbridge
