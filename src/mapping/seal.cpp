#include "mapping/seal.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <cassert>
#include <cstdint>
#include <stdexcept>

namespace mucbridge {
namespace {

using Digest = std::array<unsigned char, 32>;

void append_number(std::string& text, std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8)
        text += static_cast<char>((number >> shift) & 0xff);
}

void append_field(std::string& text, std::string_view field) {
    append_number(text, field.size());
    text += field;
}

using MacContext = std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)>;

const unsigned char* bytes_of(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

[[noreturn]] void fail() { throw std::runtime_error("OpenSSL has no HMAC-SHA-256"); }

MacContext make_context(const std::string& key) {
    const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> algorithm(EVP_MAC_fetch(nullptr, "HMAC", nullptr),
                                                                      EVP_MAC_free);
    MacContext context(algorithm ? EVP_MAC_CTX_new(algorithm.get()) : nullptr, EVP_MAC_CTX_free);
    std::string name = "SHA256";
    const std::array parameters{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), name.size()),
                                OSSL_PARAM_construct_end()};
    if (!context || !EVP_MAC_init(context.get(), bytes_of(key), key.size(), parameters.data()))
        fail();
    return context;
}

std::string to_hex(const Digest& digest, std::size_t bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes);
    for (std::size_t i = 0; i < bytes; ++i) {
        text += digits[digest[i] >> 4];
        text += digits[digest[i] & 0x0f];
    }
    return text;
}

}  // namespace

/// HMAC with the key in it, and nothing hashed yet. Looking up the algorithm and keying it takes longer than hashing a
/// line: each hash starts from a copy of this.
struct Seal::Keyed {
    explicit Keyed(const std::string& key) : context(make_context(key)) {}

    Digest hash(const std::string& text) const {
        const MacContext copy(EVP_MAC_CTX_dup(context.get()), EVP_MAC_CTX_free);
        Digest digest{};
        std::size_t length = 0;
        if (!copy || !EVP_MAC_update(copy.get(), bytes_of(text), text.size()) ||
            !EVP_MAC_final(copy.get(), digest.data(), &length, digest.size()))
            fail();
        return digest;
    }

    MacContext context;
};

Seal::Seal(const std::string& key, std::string origin)
    : keyed_(std::make_shared<const Keyed>(key)), origin_(std::move(origin)) {
    assert(key.size() == 32);
}

std::string Seal::make(const Sealed& sealed) const {
    std::string text;
    text.reserve(128 + sealed.id.size() + sealed.address.size() + sealed.nick.size() + sealed.body.size());
    append_field(text, "mucbridge line 1");
    append_field(text, sealed.id);
    append_field(text, sealed.address);
    append_field(text, sealed.nick);
    append_field(text, sealed.body);
    append_number(text, static_cast<std::uint64_t>(sealed.said_at.time_since_epoch().count()));
    append_number(text, static_cast<std::uint64_t>(sealed.published_at.time_since_epoch().count()));
    const auto digest = keyed_->hash(text);
    return to_hex(digest, digest.size());
}

bool Seal::is_valid(const Sealed& sealed, std::string_view seal) const {
    const auto right = make(sealed);
    return seal.size() == right.size() && CRYPTO_memcmp(seal.data(), right.data(), right.size()) == 0;
}

std::string Seal::occupant_id(std::string_view room, std::string_view bare_jid) const {
    std::string text;
    append_field(text, "mucbridge occupant 1");
    append_field(text, room);
    append_field(text, bare_jid);
    // 128 bits: XEP-0421 §4 wants it unguessable and at most 128 characters.
    return to_hex(keyed_->hash(text), 16);
}

}  // namespace mucbridge
