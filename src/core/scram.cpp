#include "core/scram.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace mucbridge {

namespace {

const EVP_MD* digest_of(ScramHash hash) { return hash == ScramHash::sha1 ? EVP_sha1() : EVP_sha256(); }

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string make_salt() {
    std::string salt(16, '\0');
    RAND_bytes(reinterpret_cast<unsigned char*>(salt.data()), static_cast<int>(salt.size()));
    return salt;
}

}  // namespace

std::string scram_hash(ScramHash hash, std::string_view data) {
    std::string out(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(out.data()), &size, digest_of(hash), nullptr);
    out.resize(size);
    return out;
}

std::string scram_hmac(ScramHash hash, std::string_view key, std::string_view data) {
    std::string out(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    HMAC(digest_of(hash), key.data(), static_cast<int>(key.size()), bytes_of(data), data.size(),
         reinterpret_cast<unsigned char*>(out.data()), &size);
    out.resize(size);
    return out;
}

ScramVerifier make_scram_verifier(ScramHash hash, std::string_view password, std::string_view salt,
                                  unsigned iterations) {
    std::string salted(static_cast<std::size_t>(EVP_MD_get_size(digest_of(hash))), '\0');
    PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt), static_cast<int>(salt.size()),
                      static_cast<int>(iterations), digest_of(hash), static_cast<int>(salted.size()),
                      reinterpret_cast<unsigned char*>(salted.data()));
    ScramVerifier out{std::string(salt), iterations, {}, {}};
    out.stored_key = scram_hash(hash, scram_hmac(hash, salted, "Client Key"));
    out.server_key = scram_hmac(hash, salted, "Server Key");
    return out;
}

ScramVerifier make_scram_verifier(ScramHash hash, std::string_view password) {
    return make_scram_verifier(hash, password, make_salt(), scram_iterations);
}

bool is_equal_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace mucbridge
