#include "mapping/seal.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace mucbridge;

namespace {

const Seal seal{std::string(32, 'k'), "gw-1"};
const WallTime noon{std::chrono::milliseconds{1'795'348'800'000}};

Sealed example() { return {"01936f2c", "foo/bar", "romeo", "But soft", noon, noon + std::chrono::seconds{3}}; }

}  // namespace

TEST_CASE("a seal is 64 hexadecimal digits, the same for the same line") {
    const auto text = seal.make(example());
    CHECK(text.size() == 64);
    CHECK(text.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(text == seal.make(example()));
    CHECK(seal.is_valid(example(), text));
}

TEST_CASE("a seal is what any other program computes: HMAC-SHA-256 over the length-prefixed fields") {
    CHECK(seal.make(example()) == "7ba351abd8edc5b4e0a9848a4adf3537a0da7bcf033ce8f0abf0d5bae1149384");
}

TEST_CASE("a seal vouches for every one of its fields") {
    const auto text = seal.make(example());
    const auto is_valid = [&](auto change) {
        auto sealed = example();
        change(sealed);
        return seal.is_valid(sealed, text);
    };
    CHECK_FALSE(is_valid([](Sealed& sealed) { sealed.id = "01936f2d"; }));
    CHECK_FALSE(is_valid([](Sealed& sealed) { sealed.address = "foo/baz"; }));
    CHECK_FALSE(is_valid([](Sealed& sealed) { sealed.nick = "juliet"; }));
    CHECK_FALSE(is_valid([](Sealed& sealed) { sealed.body = "But soft!"; }));
    CHECK_FALSE(is_valid([](Sealed& sealed) { sealed.said_at += std::chrono::milliseconds{1}; }));
    CHECK_FALSE(is_valid([](Sealed& sealed) { sealed.published_at -= std::chrono::milliseconds{1}; }));
    CHECK_FALSE(is_valid([](Sealed& sealed) { std::swap(sealed.said_at, sealed.published_at); }));
}

TEST_CASE("no field runs into the next") {
    auto one = example(), other = example();
    one.nick = "ab", one.body = "c";
    other.nick = "a", other.body = "bc";
    CHECK(seal.make(one) != seal.make(other));
}

TEST_CASE("another key, another case, another length: not valid") {
    const auto text = seal.make(example());
    const Seal stranger{std::string(32, 'x'), "gw-1"};
    CHECK_FALSE(stranger.is_valid(example(), text));
    CHECK_FALSE(seal.is_valid(example(), stranger.make(example())));
    CHECK_FALSE(seal.is_valid(example(), ""));
    CHECK_FALSE(seal.is_valid(example(), text.substr(0, 63)));
    CHECK_FALSE(seal.is_valid(example(), text + "0"));
}

TEST_CASE("an occupant-id is stable, and tells persons, rooms and gateways' keys apart [XEP-0421 §4]") {
    const auto id = seal.occupant_id("garden@rooms.localhost", "romeo@localhost");
    const Seal stranger{std::string(32, 'x'), "gw-1"};
    const std::set<std::string> ids{id, seal.occupant_id("garden@rooms.localhost", "juliet@localhost"),
                                    seal.occupant_id("tomb@rooms.localhost", "romeo@localhost"),
                                    seal.occupant_id("garden@rooms.localhostr", "omeo@localhost"),
                                    stranger.occupant_id("garden@rooms.localhost", "romeo@localhost")};
    CHECK(ids.size() == 5);
    CHECK(id == seal.occupant_id("garden@rooms.localhost", "romeo@localhost"));
    CHECK(id.size() == 32);
    CHECK(id.find("romeo") == std::string::npos);
}
