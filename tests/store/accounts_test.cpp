#include "store/accounts.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "store/scratch.hpp"

namespace mucbridge {
namespace {

constexpr WallTime now{std::chrono::milliseconds(1763850000000)};

Accounts open(const std::string& path) {
    auto accounts = Accounts::open(path);
    REQUIRE_MESSAGE(accounts.has_value(), accounts.error().text);
    return std::move(*accounts);
}

bool fits(const Accounts::Found& found, ScramHash hash, std::string_view password) {
    const auto& kept = found.verifier;
    const auto made = make_scram_verifier(hash, password, kept.salt, kept.iterations);
    return made.stored_key == kept.stored_key && made.server_key == kept.server_key;
}

std::string read_all(const std::string& path) {
    std::ostringstream out;
    out << std::ifstream(path, std::ios::binary).rdbuf();
    return out.str();
}

}  // namespace

TEST_CASE("an account's verifiers fit its password and no other [RFC 5802 §3]") {
    auto accounts = open(":memory:");
    REQUIRE(accounts.add("romeo", "art thou", now).value());
    for (const ScramHash hash : {ScramHash::sha1, ScramHash::sha256}) {
        const auto found = accounts.find("romeo", hash);
        REQUIRE(found.has_value());
        CHECK(found->is_known);
        CHECK(found->verifier.iterations == scram_iterations);
        CHECK(fits(*found, hash, "art thou"));
        CHECK_FALSE(fits(*found, hash, "art thou "));
    }
    CHECK(accounts.find("romeo", ScramHash::sha1)->verifier.salt !=
          accounts.find("romeo", ScramHash::sha256)->verifier.salt);
}

TEST_CASE("a name is there once") {
    auto accounts = open(":memory:");
    REQUIRE(accounts.add("romeo", "one", now).value());
    CHECK_FALSE(accounts.add("romeo", "two", now).value());
    CHECK(fits(*accounts.find("romeo", ScramHash::sha256), ScramHash::sha256, "one"));
}

TEST_CASE("a new password replaces the old one, where there is an account") {
    auto accounts = open(":memory:");
    CHECK_FALSE(accounts.set_password("romeo", "two", now).value());
    REQUIRE(accounts.add("romeo", "one", now).value());
    REQUIRE(accounts.set_password("romeo", "two", now + std::chrono::seconds(5)).value());
    for (const ScramHash hash : {ScramHash::sha1, ScramHash::sha256}) {
        CHECK(fits(*accounts.find("romeo", hash), hash, "two"));
        CHECK_FALSE(fits(*accounts.find("romeo", hash), hash, "one"));
    }
    const auto all = accounts.list();
    REQUIRE(all->size() == 1);
    CHECK(all->front().created == now);
    CHECK(all->front().changed == now + std::chrono::seconds(5));
}

TEST_CASE("who is removed is known no longer, and may come anew") {
    auto accounts = open(":memory:");
    CHECK_FALSE(accounts.remove("romeo").value());
    REQUIRE(accounts.add("romeo", "one", now).value());
    REQUIRE(accounts.remove("romeo").value());
    CHECK_FALSE(accounts.find("romeo", ScramHash::sha1)->is_known);
    CHECK(accounts.is_empty().value());
    REQUIRE(accounts.add("romeo", "two", now).value());
    CHECK(fits(*accounts.find("romeo", ScramHash::sha1), ScramHash::sha1, "two"));
}

TEST_CASE("the list is sorted") {
    auto accounts = open(":memory:");
    CHECK(accounts.is_empty().value());
    for (const auto* name : {"tybalt", "juliet", "ödipus", "romeo"})
        REQUIRE(accounts.add(name, "x", now).value());
    std::vector<std::string> names;
    for (const auto& account : *accounts.list())
        names.push_back(account.name);
    CHECK(names == std::vector<std::string>{"juliet", "romeo", "tybalt", "ödipus"});
    CHECK_FALSE(accounts.is_empty().value());
}

TEST_CASE("a name that nobody has looks like one that somebody has, the same every time [RFC 5802 §9]") {
    const Scratch scratch;
    Accounts::Found first;
    {
        auto accounts = open(scratch.path());
        REQUIRE(accounts.add("romeo", "x", now).value());
        for (const ScramHash hash : {ScramHash::sha1, ScramHash::sha256}) {
            const auto known = *accounts.find("romeo", hash);
            const auto unknown = *accounts.find("nobody", hash);
            CHECK_FALSE(unknown.is_known);
            CHECK(unknown.verifier.salt.size() == known.verifier.salt.size());
            CHECK(unknown.verifier.stored_key.size() == known.verifier.stored_key.size());
            CHECK(unknown.verifier.server_key.size() == known.verifier.server_key.size());
            CHECK(unknown.verifier.iterations == known.verifier.iterations);
            CHECK(unknown.verifier.salt != accounts.find("nobody2", hash)->verifier.salt);
        }
        first = *accounts.find("nobody", ScramHash::sha256);
    }
    auto again = open(scratch.path());
    CHECK(again.find("nobody", ScramHash::sha256)->verifier.salt == first.verifier.salt);
    const Scratch elsewhere;
    auto other = open(elsewhere.path());
    CHECK(other.find("nobody", ScramHash::sha256)->verifier.salt != first.verifier.salt);
}

TEST_CASE("no password is in the files") {
    const Scratch scratch;
    auto accounts = open(scratch.path());
    REQUIRE(accounts.add("romeo", "wherefore-art-thou", now).value());
    for (const auto* name : {"mucbridge.db", "mucbridge.db-wal"}) {
        const auto content = read_all(scratch.path(name));
        CHECK_FALSE(content.empty());
        CHECK_FALSE(has(content, "wherefore"));
    }
}

TEST_CASE("what another process changes holds at once") {
    const Scratch scratch;
    auto gateway = open(scratch.path());
    auto operators = open(scratch.path());
    REQUIRE(operators.add("romeo", "one", now).value());
    CHECK(gateway.find("romeo", ScramHash::sha256)->is_known);
    REQUIRE(operators.remove("romeo").value());
    CHECK_FALSE(gateway.find("romeo", ScramHash::sha256)->is_known);
}

}  // namespace mucbridge
