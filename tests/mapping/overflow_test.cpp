#include <doctest/doctest.h>

#include "mapping/mapper.hpp"
#include "mapping/rules.hpp"
#include "mapping/seal.hpp"

using namespace mucbridge;

namespace {

std::shared_ptr<const Mapper> make(RuleConfig rule) {
    Config config;
    config.brokers.resize(2);
    config.brokers[0].name = "main";
    config.brokers[1].name = "other";
    config.rules = {std::move(rule)};
    return Mapper::make(config, std::make_shared<Seal>(std::string(32, 'k'), "gw-1")).value();
}

Overflow overflow_of(RuleConfig rule, std::string_view broker = "main") {
    return overflow_at(make(std::move(rule))->bind("garden").value(), broker);
}

RuleConfig rule(int qos, std::optional<Overflow> overflow = {}) {
    auto config = pair("garden", "garden");
    config.qos = qos;
    config.overflow = overflow;
    return config;
}

MirrorConfig mirror(std::string broker, int qos) {
    MirrorConfig config;
    config.topic = "copy";
    config.broker = std::move(broker);
    config.qos = qos;
    return config;
}

}  // namespace

TEST_CASE("lines may be dropped where the rule says so, and by default at QoS 0 alone") {
    CHECK(overflow_of(rule(0)) == Overflow::drop_oldest);
    CHECK(overflow_of(rule(1)) == Overflow::close);
    CHECK(overflow_of(rule(2)) == Overflow::close);
    CHECK(overflow_of(rule(0, Overflow::close)) == Overflow::close);
    CHECK(overflow_of(rule(1, Overflow::drop_oldest)) == Overflow::drop_oldest);
}

TEST_CASE("mirrors have the rule's word, else each its own QoS; on one broker all have to let lines be dropped") {
    auto config = rule(1);
    config.mirrors = {mirror("other", 0)};
    CHECK(overflow_of(config, "main") == Overflow::close);
    CHECK(overflow_of(config, "other") == Overflow::drop_oldest);
    config.overflow = Overflow::close;
    CHECK(overflow_of(config, "other") == Overflow::close);
    config = rule(0);
    config.mirrors = {mirror("main", 1)};
    CHECK(overflow_of(config) == Overflow::close);
    // What only writes hears nothing.
    config.mirrors.front().direction = Direction::out;
    CHECK(overflow_of(config) == Overflow::drop_oldest);
}

TEST_CASE("a line of this gateway's is known by its origin, in properties or in JSON") {
    Said said;
    said.line.body = "But soft";
    said.nick = "romeo";
    for (const PayloadKind payload : {PayloadKind::text, PayloadKind::json}) {
        auto config = rule(0);
        config.payload = payload;
        const auto mapper = make(config);
        const auto published = mapper->outbound(mapper->bind("garden").value(), said);
        Delivery delivery;
        delivery.payload = published.payload;
        delivery.properties = published.properties;
        CHECK(mapper->claims_to_be_ours(delivery));
        for (auto& [name, value] : delivery.properties)
            if (name == "mucbridge-origin")
                value = "gw-2";
        if (payload == PayloadKind::json)
            delivery.payload.replace(delivery.payload.find("gw-1"), 4, "gw-2");
        CHECK_FALSE(mapper->claims_to_be_ours(delivery));
    }
    Delivery plain;
    plain.payload = "21 C";
    CHECK_FALSE(make(rule(0))->claims_to_be_ours(plain));
}
