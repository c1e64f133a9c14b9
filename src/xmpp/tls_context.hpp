#pragma once

#include <memory>
#include <string>

#include "core/config.hpp"
#include "core/result.hpp"
#include "xmpp/channel.hpp"

using SSL_CTX = struct ssl_ctx_st;

namespace mucbridge {

/// The certificate and the rules by which all listeners shake hands: TLS 1.2 and 1.3, forward secrecy and AEAD alone
/// (RFC 7590), one certificate whatever name is asked for, ALPN "xmpp-client" (XEP-0368). Shared; replaced whole when
/// the files are read again.
class TlsContext {
public:
    /// Errors start with the key of the configuration that is wrong: "/tls/key: tls.key: does not fit tls.crt".
    static Result<std::shared_ptr<const TlsContext>> load(const TlsConfig& config);

    /// For SSL_new alone, which counts references.
    SSL_CTX* native() const { return context_.get(); }

private:
    struct Free {
        void operator()(SSL_CTX* context) const;
    };
    explicit TlsContext(std::unique_ptr<SSL_CTX, Free> context) : context_(std::move(context)) {}
    std::unique_ptr<SSL_CTX, Free> context_;
};

/// TLS as a listener has it for a connection.
struct TlsOffer {
    std::shared_ptr<const TlsContext> context;  // null: there is none
    Channel::Starttls starttls = Channel::Starttls::absent;
    bool is_direct = false;  // the handshake comes before anything else (XEP-0368)
};

}  // namespace mucbridge
