#include "broker/tls_probe.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <memory>

#include "broker/probe.hpp"

namespace mucbridge {
namespace {

using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;
using Session = std::unique_ptr<SSL, void (*)(SSL*)>;

std::string last_error(const std::string& otherwise) {
    const auto code = ERR_peek_last_error();
    const char* words = code == 0 ? nullptr : ERR_reason_error_string(code);
    return words == nullptr ? otherwise : words;
}

std::string load_files(SSL_CTX* context, const BrokerConfig& config) {
    const bool trusts = config.ca_file.empty()
                            ? SSL_CTX_set_default_verify_paths(context) == 1
                            : SSL_CTX_load_verify_locations(context, config.ca_file.c_str(), nullptr) == 1;
    if (!trusts)
        return config.ca_file + ": " + last_error("no certificate in it");
    const auto& certificate = config.certificate;
    if (!certificate.empty() && SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
        return certificate + ": " + last_error("no certificate in it");
    const auto& key = config.key.empty() ? certificate : config.key;
    if (!key.empty() && SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
        return key + ": " + last_error("no key in it");
    return {};
}

void expect_name(SSL* session, const std::string& host) {
    // An address is matched against the certificate's addresses, and is no server name (RFC 6066 §3).
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) == 1)
        return;
    SSL_set1_host(session, host.c_str());
    SSL_set_tlsext_host_name(session, host.c_str());
}

std::string shake_hands(SSL* session) {
    if (SSL_connect(session) == 1) {
        // In TLS 1.3 the broker refuses our certificate only after the handshake (RFC 8446 §4.4.2.4).
        char byte = 0;
        const int got = SSL_read(session, &byte, 1);
        return got <= 0 && SSL_get_error(session, got) == SSL_ERROR_SSL ? last_error("refused") : std::string();
    }
    const auto verified = SSL_get_verify_result(session);
    if (verified != X509_V_OK)
        return std::string("certificate verify failed: ") + X509_verify_cert_error_string(verified);
    return last_error("the broker closed the connection during the handshake, or did not answer");
}

}  // namespace

std::string why_no_tls(const BrokerUrl& url, const BrokerConfig& config, std::chrono::milliseconds limit) {
    const Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    ERR_clear_error();
    if (auto why = load_files(context.get(), config); !why.empty())
        return why;
    SSL_CTX_set_verify(context.get(), config.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    const int socket = open_connection(url.host, url.port, limit);
    if (socket < 0)
        return "no connection";
    const Session session(SSL_new(context.get()), SSL_free);
    SSL_set_fd(session.get(), socket);
    if (config.verify)
        expect_name(session.get(), url.host);
    auto why = shake_hands(session.get());
    ERR_clear_error();
    ::close(socket);
    return why;
}

}  // namespace mucbridge
