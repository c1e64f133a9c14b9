#include "core/scram.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

namespace {

std::string from_hex(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
    return bytes;
}

// The salts of both, out of base64: "QSXCR+Q6sek8bf92", "W22ZaJ0SNY7soEsUEjb6gQ==".
const std::string salt_of_5802 = from_hex("4125c247e43ab1e93c6dff76");
const std::string salt_of_7677 = from_hex("5b6d99689d12358eeca04b141236fa81");

}  // namespace

TEST_CASE("HMAC and the hashes are those of RFC 2202 §3, RFC 4231 §4.3 and RFC 3174 §7.3") {
    CHECK(scram_hmac(ScramHash::sha1, "Jefe", "what do ya want for nothing?") ==
          from_hex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
    CHECK(scram_hmac(ScramHash::sha256, "Jefe", "what do ya want for nothing?") ==
          from_hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    CHECK(scram_hash(ScramHash::sha1, "abc") == from_hex("a9993e364706816aba3e25717850c26c9cd0d89d"));
    CHECK(scram_hash(ScramHash::sha256, "").size() == 32);
    CHECK(scram_hmac(ScramHash::sha1, "", "").size() == 20);
}

TEST_CASE("of RFC 5802 §5's password both keys are kept as they are computed there") {
    const auto kept = make_scram_verifier(ScramHash::sha1, "pencil", salt_of_5802, 4096);
    CHECK(kept.salt == salt_of_5802);
    CHECK(kept.iterations == 4096);
    CHECK(kept.stored_key == from_hex("e9d94660c39d65c38fbad91c358f14da0eef2bd6"));
    CHECK(kept.server_key == from_hex("0fe09258b3ac852ba502cc62ba903eaacdbf7d31"));
}

TEST_CASE("RFC 7677 §3's server signature comes of the key that is kept") {
    const auto kept = make_scram_verifier(ScramHash::sha256, "pencil", salt_of_7677, 4096);
    const std::string nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const std::string exchange =
        "n=user,r=rOprNGfwEbeRWgbNEkqO,r=" + nonce + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=" + nonce;
    CHECK(scram_hmac(ScramHash::sha256, kept.server_key, exchange) ==
          from_hex("eabae24d1062db75a9451ff0b6ea7e98c8546549ff741e672d3251b2397de46e"));
}

TEST_CASE("every verifier has a salt of its own, and never fewer rounds than RFC 7677 §4 wants") {
    const auto one = make_scram_verifier(ScramHash::sha256, "pencil");
    const auto other = make_scram_verifier(ScramHash::sha256, "pencil");
    CHECK(one.salt.size() == 16);
    CHECK(one.salt != other.salt);
    CHECK(one.stored_key != other.stored_key);
    CHECK(one.iterations >= 4096);
    CHECK(one.stored_key == make_scram_verifier(ScramHash::sha256, "pencil", one.salt, one.iterations).stored_key);
}

TEST_CASE("secrets are equal or not, whatever their lengths") {
    CHECK(is_equal_secret("", ""));
    CHECK(is_equal_secret(std::string_view("a\0b", 3), std::string_view("a\0b", 3)));
    CHECK(!is_equal_secret(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
    CHECK(!is_equal_secret("abc", "ab"));
    CHECK(!is_equal_secret("abc", ""));
}
