#include "xmpp/tls_channel.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "xmpp/certificate.hpp"

namespace mucbridge {

namespace {

/// RFC 9266 §4.2: only where the secret depends on the whole handshake.
bool has_unique_secret(SSL* tls) { return SSL_version(tls) >= TLS1_3_VERSION || SSL_get_extms_support(tls) == 1; }

/// RFC 9266 §4.
std::string export_secret(SSL* tls) {
    constexpr std::string_view label = "EXPORTER-Channel-Binding";
    std::array<unsigned char, 32> secret;
    if (!has_unique_secret(tls) ||
        SSL_export_keying_material(tls, secret.data(), secret.size(), label.data(), label.size(), nullptr, 0, 1) != 1)
        return {};
    return {reinterpret_cast<const char*>(secret.data()), secret.size()};
}

/// RFC 5929 §4.1: by the hash of the certificate's own signature, but SHA-256 in place of MD5 and SHA-1. Empty for a
/// signature that has no such hash (Ed25519), for which nothing is defined.
std::string hash_of_certificate(const SSL* tls) {
    X509* certificate = SSL_get_certificate(tls);
    int hash = NID_undef;
    if (certificate == nullptr || X509_get_signature_info(certificate, &hash, nullptr, nullptr, nullptr) != 1)
        return {};
    if (hash == NID_md5 || hash == NID_sha1)
        hash = NID_sha256;
    const EVP_MD* kind = EVP_get_digestbynid(hash);
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
    unsigned int size = 0;
    if (kind == nullptr || X509_digest(certificate, kind, bytes.data(), &size) != 1)
        return {};
    return {reinterpret_cast<const char*>(bytes.data()), size};
}

/// RFC 5929 §3.1: the first Finished message, which is the client's, since no session is resumed. RFC 7627 §6. Under
/// TLS 1.3 nobody has defined it; clients that know nothing else make it of the same message there, and it is no worse.
std::string first_finished(SSL* tls) {
    if (!has_unique_secret(tls))
        return {};
    std::array<char, EVP_MAX_MD_SIZE> bytes;
    return {bytes.data(), std::min(bytes.size(), SSL_get_peer_finished(tls, bytes.data(), bytes.size()))};
}

std::vector<Jid> certified(const SSL* tls) {
    const X509* certificate = SSL_get0_peer_certificate(tls);
    if (certificate == nullptr || SSL_get_verify_result(tls) != X509_V_OK)
        return {};
    return xmpp_addresses(*certificate);
}

}  // namespace

Channel describe_channel(SSL* tls) {
    Channel channel;
    channel.is_encrypted = true;
    channel.tls_exporter = export_secret(tls);
    channel.tls_server_end_point = hash_of_certificate(tls);
    channel.tls_unique = first_finished(tls);
    channel.certified = certified(tls);
    ERR_clear_error();
    return channel;
}

}  // namespace mucbridge
