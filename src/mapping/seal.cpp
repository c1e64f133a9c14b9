#include "mapping/seal.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

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

Digest hash(const std::string& key, const std::string& text) {
    Digest digest{};
    unsigned length = 0;
    if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
              reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &length))
        throw std::runtime_error("OpenSSL has no HMAC-SHA-256");
    return digest;
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

Seal::Seal(std::string key, std::string origin) : key_(std::move(key)), origin_(std::move(origin)) {
    assert(key_.size() == 32);
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
    const auto digest = hash(key_, text);
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
    return to_hex(hash(key_, text), 16);
}

}  // namespace mucbridge
