#include "gateway/iq_relay.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

namespace {

const Jid juliet{"juliet", "localhost", "1"}, romeo{"romeo", "localhost", "orchard"};

IqRelay::Request question(const std::string& id) {
    return {{{0, 0, 2}, juliet}, id, {"garden", "rooms.localhost", "romeo"}, romeo.bare()};
}

}  // namespace

TEST_CASE("an answer is taken once, and only from who was asked [XEP-0045 §17.4]") {
    IqRelay relay;
    const auto id = relay.add(question("v"), Tick{});
    REQUIRE(id);
    CHECK(*id != "v");
    CHECK(!relay.take(*id, juliet));
    CHECK(!relay.take("v", romeo));
    const auto answered = relay.take(*id, romeo);
    REQUIRE(answered);
    CHECK(answered->id == "v");
    CHECK(answered->asker.jid == juliet);
    CHECK(!relay.take(*id, romeo));
}

TEST_CASE("so many questions wait, each for a minute, and then there is room for others") {
    IqRelay relay;
    const Tick start{};
    std::string first;
    std::size_t taken = 0;
    while (const auto id = relay.add(question("q"), start)) {
        if (first.empty())
            first = *id;
        REQUIRE(++taken < 100'000);
    }
    CHECK(taken > 1);
    CHECK(!relay.add(question("q"), start + std::chrono::seconds(59)));
    CHECK(relay.add(question("q"), start + std::chrono::seconds(60)));
    CHECK(!relay.take(first, romeo));
}

TEST_CASE("what was answered makes room at once") {
    IqRelay relay;
    for (int turn = 0; turn < 10'000; ++turn) {
        const auto id = relay.add(question("q"), Tick{});
        REQUIRE(id);
        REQUIRE(relay.take(*id, romeo));
    }
}
