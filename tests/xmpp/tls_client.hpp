#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "certificates.hpp"

namespace mucbridge {

struct TlsClientOptions {
    int version = TLS1_3_VERSION;
    std::string alpn = {};  // with lengths: "\x0bxmpp-client"
    std::string server_name = {};
    const Issued* issued = nullptr;  // to show to the server
    const char* ciphers = nullptr;
};

/// The other end of a socket: a client that never blocks, in the clear and then by TLS.
class TlsClient {
public:
    using Options = TlsClientOptions;

    explicit TlsClient(int native_socket, const Options& options = {})
        : socket_(native_socket), context_(SSL_CTX_new(TLS_client_method())) {
        ::fcntl(socket_, F_SETFL, O_NONBLOCK);
        SSL_CTX_set_min_proto_version(context_, options.version);
        SSL_CTX_set_max_proto_version(context_, options.version);
        if (options.ciphers != nullptr)
            REQUIRE(SSL_CTX_set_cipher_list(context_, options.ciphers) == 1);
        if (options.issued != nullptr) {
            SSL_CTX_use_certificate(context_, options.issued->certificate.get());
            SSL_CTX_use_PrivateKey(context_, options.issued->key.get());
        }
        tls = SSL_new(context_);
        SSL_set_fd(tls, socket_);
        SSL_set_alpn_protos(tls, reinterpret_cast<const unsigned char*>(options.alpn.data()),
                            static_cast<unsigned>(options.alpn.size()));
        if (!options.server_name.empty())
            SSL_set_tlsext_host_name(tls, options.server_name.c_str());
    }
    ~TlsClient() {
        SSL_free(tls);
        SSL_CTX_free(context_);
        ::close(socket_);
    }
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    /// In the clear, whatever has been agreed on.
    void say_raw(std::string_view bytes) {
        REQUIRE(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
    }
    void say(std::string_view bytes) {
        REQUIRE(SSL_write(tls, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size()));
    }
    void vanish() { ::shutdown(socket_, SHUT_RDWR); }
    /// One step; true once it is secure.
    bool shake_hands() { return note(SSL_connect(tls)); }
    bool renegotiate() { return SSL_renegotiate(tls) == 1 && note(SSL_do_handshake(tls)); }
    /// Whatever has come by now.
    void read() {
        char bytes[16384];
        for (;;) {
            const bool is_secure = SSL_is_init_finished(tls) == 1;
            ERR_clear_error();
            const auto count = is_secure ? SSL_read(tls, bytes, sizeof bytes)
                                         : static_cast<int>(::recv(socket_, bytes, sizeof bytes, 0));
            if (count <= 0) {
                if (is_secure)
                    note(count);
                else
                    is_closed = is_closed || count == 0 || errno != EAGAIN;
                return;
            }
            heard.append(bytes, static_cast<std::size_t>(count));
        }
    }
    std::string certificate_name() const {
        char name[256] = {};
        X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(tls)), NID_commonName, name,
                                  sizeof name);
        return name;
    }
    std::string finished() const {
        char bytes[64];
        return {bytes, SSL_get_finished(tls, bytes, sizeof bytes)};
    }
    std::string exported() const {
        unsigned char bytes[32];
        REQUIRE(SSL_export_keying_material(tls, bytes, sizeof bytes, "EXPORTER-Channel-Binding", 24, nullptr, 0, 1) ==
                1);
        return {reinterpret_cast<const char*>(bytes), sizeof bytes};
    }
    std::string chosen_protocol() const {
        const unsigned char* name = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(tls, &name, &size);
        return {reinterpret_cast<const char*>(name), size};
    }

    SSL* tls = nullptr;
    std::string heard;
    std::string error;       // of TLS: "tlsv1 alert protocol version"
    bool is_closed = false;  // by the server

private:
    bool note(int result) {
        const int kind = SSL_get_error(tls, result);
        if (kind == SSL_ERROR_SSL)
            error = take_openssl_error("TLS");
        is_closed = is_closed || kind == SSL_ERROR_SSL || kind == SSL_ERROR_ZERO_RETURN || kind == SSL_ERROR_SYSCALL;
        return result == 1;
    }

    int socket_;
    SSL_CTX* context_;
};

}  // namespace mucbridge
