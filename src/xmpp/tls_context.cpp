#include "xmpp/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "xmpp/certificate.hpp"
#include "xmpp/pem.hpp"

namespace mucbridge {

namespace {

// RFC 7590 §3.2 and RFC 9325 §4.2: forward secrecy and authenticated encryption. TLS 1.3 has nothing else.
constexpr const char* ciphers_of_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

constexpr std::string_view our_protocol = "xmpp-client";

/// XEP-0368 §3: who speaks of protocols at all has to speak of ours; RFC 7301 §3.2 has the refusal.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
    std::string_view rest(reinterpret_cast<const char*>(offered), offered_size);
    while (!rest.empty()) {
        const auto length = static_cast<unsigned char>(rest.front());
        const auto name = rest.substr(1, length);
        if (name == our_protocol) {
            *chosen = reinterpret_cast<const unsigned char*>(name.data());
            *size = length;
            return SSL_TLSEXT_ERR_OK;
        }
        rest.remove_prefix(1 + name.size());
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// A stranger's certificate is no reason to hang up: what it is worth is asked when somebody logs in by it.
int let_pass(int, X509_STORE_CTX*) { return 1; }

bool set_rules(SSL_CTX* context) {
    // No session is resumed by a ticket or a cache: a stream lasts for hours, and where nothing is resumed, client
    // certificates are judged each time and the first Finished message is always the client's.
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // A peer's messages that are TLS's own are taken one at a time, so that they cannot keep a loop busy.
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    return SSL_CTX_set_num_tickets(context, 0) == 1 && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, ciphers_of_1_2) == 1 &&
           SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1;
}

Result<void> use_certificate(SSL_CTX* context, const std::string& file) {
    auto chain = read_certificates(file);
    if (!chain)
        return chain.error();
    bool is_taken = SSL_CTX_use_certificate(context, chain->front().get()) == 1;
    for (std::size_t i = 1; is_taken && i < chain->size(); ++i)
        is_taken = SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) == 1;
    if (!is_taken)
        return Error{file, ": is not good enough for TLS: ", take_openssl_error("not accepted")};
    return {};
}

Result<void> use_key(SSL_CTX* context, const TlsConfig& config) {
    if (const auto fits = check_key(config.certificate, config.key); !fits)
        return fits.error();
    const auto key = read_key(config.key);
    if (!key)
        return key.error();
    if (SSL_CTX_use_PrivateKey(context, key->get()) != 1)
        return Error{config.key, ": ", take_openssl_error("not accepted")};
    return {};
}

Result<void> ask_for_certificates(SSL_CTX* context, const std::string& file) {
    const auto authorities = read_certificates(file);
    if (!authorities)
        return authorities.error();
    for (const auto& authority : *authorities)
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1 ||
            SSL_CTX_add_client_CA(context, authority.get()) != 1)
            return Error{file, ": ", take_openssl_error("not accepted")};
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, let_pass);
    return {};
}

}  // namespace

void TlsContext::Free::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsConfig& config) {
    ERR_clear_error();
    std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_server_method()));
    if (!context || !set_rules(context.get()))
        return Error{"/tls: ", take_openssl_error("OpenSSL cannot be had as it is needed")};
    if (const auto used = use_certificate(context.get(), config.certificate); !used)
        return Error{"/tls/certificate: ", used.error().text};
    if (const auto used = use_key(context.get(), config); !used)
        return Error{"/tls/key: ", used.error().text};
    if (!config.client_ca.empty())
        if (const auto asked = ask_for_certificates(context.get(), config.client_ca); !asked)
            return Error{"/tls/client_ca: ", asked.error().text};
    return std::shared_ptr<const TlsContext>(new TlsContext(std::move(context)));
}

}  // namespace mucbridge
