#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "xmpp/channel.hpp"

using SSL = struct ssl_st;

namespace mucbridge {

class TlsContext;

/// A connected socket that never blocks, with or without TLS above it. May go from one connection to another, also to
/// one on another loop. The destructor is the close.
class Wire {
public:
    enum class State {
        done,         // `count` bytes, or the handshake
        wants_read,   // try again when the socket is readable
        wants_write,  // try again when it is writable
        closed,       // by the peer
        failed,       // see `why`
    };
    struct Outcome {
        State state = State::done;
        std::size_t count = 0;
        std::string why = {};
    };

    /// Owns the socket from now on.
    explicit Wire(int native_socket);
    Wire(Wire&& other) noexcept;
    Wire& operator=(Wire&& other) noexcept;
    ~Wire();

    /// For waiting until it is ready; -1 once closed.
    int native_handle() const { return socket_; }
    Outcome receive(std::span<char> into);
    /// After wants_write the next call has to begin with the same bytes.
    Outcome send(std::string_view bytes);
    /// There are bytes to receive though the socket need not be readable.
    bool has_pending() const;
    /// Our direction ends: the peer is told. False where the socket is broken.
    bool shut_down();
    void close() noexcept;

    /// From now on all bytes are TLS's; first come the hands to be shaken. False: no memory for it.
    bool start_tls(const TlsContext& context);
    /// One step.
    Outcome shake_hands();
    /// Once hands are shaken: "TLS 1.3", else empty.
    std::string protocol() const;
    /// What this TLS is, for those above it.
    Channel channel() const;

private:
    struct FreeTls {
        void operator()(SSL* tls) const;
    };
    Outcome explain(int result) const;

    int socket_ = -1;
    std::unique_ptr<SSL, FreeTls> tls_;
};

}  // namespace mucbridge
