#pragma once

#include <doctest/doctest.h>
#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <string>
#include <vector>

#include "cli/temporary_folder.hpp"
#include "xmpp/pem.hpp"

namespace mucbridge {

/// What is asked of a certificate authority.
struct Request {
    std::string common_name = "tested";
    std::vector<std::string> dns = {};
    std::vector<std::string> xmpp = {};  // id-on-xmppAddr
    int from_days = -1, to_days = 365;
    bool is_authority = false;
    const EVP_MD* hash = EVP_sha256();
    const char* kind = "EC";  // "RSA", "ED25519"
};

/// A certificate and its key.
struct Issued {
    Certificate certificate;
    Key key;

    std::string certificate_pem() const {
        return write([&](BIO* to) { return PEM_write_bio_X509(to, certificate.get()); });
    }
    std::string key_pem(const char* passphrase = nullptr) const {
        return write([&](BIO* to) {
            return PEM_write_bio_PrivateKey(to, key.get(), passphrase == nullptr ? nullptr : EVP_aes_128_cbc(), nullptr,
                                            0, nullptr, const_cast<char*>(passphrase));
        });
    }

private:
    template <class Write>
    static std::string write(Write write) {
        BIO* bio = BIO_new(BIO_s_mem());
        REQUIRE(write(bio) == 1);
        char* bytes = nullptr;
        const auto size = BIO_get_mem_data(bio, &bytes);
        std::string out(bytes, static_cast<std::size_t>(size));
        BIO_free(bio);
        return out;
    }
};

inline Key make_key(const std::string& kind) {
    if (kind == "RSA")
        return Key(EVP_RSA_gen(2048));
    if (kind == "ED25519")
        return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    return Key(EVP_EC_gen("P-256"));
}

inline void add_name(GENERAL_NAMES* names, const std::string& text, bool is_xmpp) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    if (is_xmpp) {
        ASN1_TYPE* value = ASN1_TYPE_new();
        ASN1_UTF8STRING* utf8 = ASN1_UTF8STRING_new();
        ASN1_STRING_set(utf8, text.data(), static_cast<int>(text.size()));
        ASN1_TYPE_set(value, V_ASN1_UTF8STRING, utf8);
        GENERAL_NAME_set0_othername(name, OBJ_txt2obj("1.3.6.1.5.5.7.8.5", 1), value);
    } else {
        ASN1_IA5STRING* dns = ASN1_IA5STRING_new();
        ASN1_STRING_set(dns, text.data(), static_cast<int>(text.size()));
        GENERAL_NAME_set0_value(name, GEN_DNS, dns);
    }
    sk_GENERAL_NAME_push(names, name);
}

/// Signed by `authority`, or by itself.
inline Issued issue(const Request& request, const Issued* authority = nullptr) {
    static std::atomic<long> serials{1};
    Issued out{Certificate(X509_new()), make_key(request.kind)};
    X509* x509 = out.certificate.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serials);
    X509_gmtime_adj(X509_getm_notBefore(x509), 86400L * request.from_days);
    X509_gmtime_adj(X509_getm_notAfter(x509), 86400L * request.to_days);
    X509_set_pubkey(x509, out.key.get());
    X509_NAME* subject = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(request.common_name.c_str()), -1, -1, 0);
    X509_set_issuer_name(x509, authority == nullptr ? subject : X509_get_subject_name(authority->certificate.get()));
    GENERAL_NAMES* names = GENERAL_NAMES_new();
    for (const auto& name : request.dns)
        add_name(names, name, false);
    for (const auto& name : request.xmpp)
        add_name(names, name, true);
    if (sk_GENERAL_NAME_num(names) > 0)
        X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT);
    GENERAL_NAMES_free(names);
    if (request.is_authority) {
        BASIC_CONSTRAINTS* constraints = BASIC_CONSTRAINTS_new();
        constraints->ca = 1;
        X509_add1_ext_i2d(x509, NID_basic_constraints, constraints, 1, X509V3_ADD_DEFAULT);
        BASIC_CONSTRAINTS_free(constraints);
    }
    EVP_PKEY* signer = (authority == nullptr ? out.key : authority->key).get();
    const bool is_hashless = EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519;
    REQUIRE(X509_sign(x509, signer, is_hashless ? nullptr : request.hash) > 0);
    return out;
}

}  // namespace mucbridge
