#include "muc/affiliations.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

namespace {

const Jid romeo{"romeo", "verona.it", ""}, juliet{"juliet", "verona.it", ""}, verona{"", "verona.it", ""};

}  // namespace

TEST_CASE("a ban of a domain reaches all of it but those with an affiliation of their own [XEP-0045 §9.2]") {
    Affiliations table;
    table.set(verona, {Affiliation::outcast});
    table.set(romeo, {Affiliation::member});
    CHECK(table.of(romeo) == Affiliation::member);
    CHECK(table.of(juliet) == Affiliation::outcast);
    CHECK(table.of(verona) == Affiliation::outcast);
    CHECK(table.of(juliet.with_resource("balcony")) == Affiliation::outcast);
    CHECK(table.of(Jid{"hamlet", "denmark.dk", ""}) == Affiliation::none);
    table.set(romeo, {});
    CHECK(table.of(romeo) == Affiliation::outcast);
}

TEST_CASE("a nick without an affiliation is no way around a domain's ban [XEP-0045 §9.2]") {
    Affiliations table;
    table.set(verona, {Affiliation::outcast});
    table.set(juliet, {Affiliation::none, "juliet"});
    CHECK(table.of(juliet) == Affiliation::outcast);
}

TEST_CASE("a domain that is a member makes members of nobody else") {
    Affiliations table;
    table.set(verona, {Affiliation::member});
    CHECK(table.of(verona) == Affiliation::member);
    CHECK(table.of(juliet) == Affiliation::none);
}

TEST_CASE("who has neither affiliation nor nick is forgotten [XEP-0045 §5.2]") {
    Affiliations table;
    table.set(romeo, {Affiliation::outcast, {}, "Treason"});
    REQUIRE(table.find(romeo));
    CHECK(table.find(romeo)->reason == "Treason");
    table.set(romeo, {Affiliation::none, {}, "pardoned"});
    CHECK_FALSE(table.find(romeo));
    CHECK(table.size() == 0);
}

TEST_CASE("a nick has one holder, and is free again when the holder gives it up [XEP-0045 §7.10]") {
    Affiliations table;
    table.set(romeo, {Affiliation::member, "Montague"});
    REQUIRE(table.holder_of("montague"));
    CHECK(*table.holder_of("montague") == romeo);
    table.set(romeo, {Affiliation::member, "Romeo"});
    CHECK_FALSE(table.holder_of("montague"));
    table.set(juliet, {Affiliation::member, "romeo"});
    table.set(romeo, {});
    REQUIRE(table.holder_of("romeo"));
    CHECK(*table.holder_of("romeo") == juliet);
}

TEST_CASE("it is counted who has which affiliation") {
    Affiliations table;
    table.set(romeo, {Affiliation::owner});
    table.set(juliet, {Affiliation::owner});
    table.set(juliet, {Affiliation::admin});
    CHECK(table.count(Affiliation::owner) == 1);
    CHECK(table.count(Affiliation::admin) == 1);
    CHECK(table.count(Affiliation::none) == 0);
    table.clear();
    CHECK(table.count(Affiliation::owner) == 0);
    CHECK(table.size() == 0);
}
