#include "core/jid.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

TEST_CASE("the parts of an address are told apart by the first slash and the first @ before it [RFC 7622 §3.2]") {
    const Jid jid = Jid::parse("Romeo@LocalHost/Or/ch@rd").value();
    CHECK(jid == Jid{"romeo", "localhost", "Or/ch@rd"});
    CHECK(to_string(jid) == "romeo@localhost/Or/ch@rd");
}
