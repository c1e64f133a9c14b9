#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace mucbridge {

struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

/// The certificates of a PEM file, at least one. Errors: "tls.crt: cannot be read: Permission denied".
Result<std::vector<Certificate>> read_certificates(const std::string& file);

/// The private key of a PEM file, which must not be encrypted: nobody is there to be asked.
Result<Key> read_key(const std::string& file);

/// The latest of OpenSSL's errors, in its words; empties its queue.
std::string take_openssl_error(const std::string& otherwise);

}  // namespace mucbridge
