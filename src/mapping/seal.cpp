#include "mapping/seal.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <cassert>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <vector>

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

/// HMAC with the key in it. Looking up the algorithm and keying it takes longer than hashing a line, and so does
/// copying what is keyed: the contexts are used again and again, each by one thread at a time.
struct Seal::Keyed {
    explicit Keyed(const std::string& key) : first(make_context(key)) {}

    Digest hash(const std::string& text) const {
        MacContext context = take();
        Digest digest{};
        std::size_t length = 0;
        // Without a key: as it was when it was keyed.
        if (!context || !EVP_MAC_init(context.get(), nullptr, 0, nullptr) ||
            !EVP_MAC_update(context.get(), bytes_of(text), text.size()) ||
            !EVP_MAC_final(context.get(), digest.data(), &length, digest.size()))
            fail();
        const std::lock_guard lock(mutex);
        idle.push_back(std::move(context));
        return digest;
    }

    MacContext take() const {
        const std::lock_guard lock(mutex);
        if (idle.empty())
            return {EVP_MAC_CTX_dup(first.get()), EVP_MAC_CTX_free};
        MacContext context = std::move(idle.back());
        idle.pop_back();
        return context;
    }

    const MacContext first;
    mutable std::mutex mutex;
    mutable std::vector<MacContext> idle;  // as many as there were ever threads hashing at a time
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
