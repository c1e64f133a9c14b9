#include "xmpp/wire.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "xmpp/pem.hpp"
#include "xmpp/socket_bio.hpp"
#include "xmpp/tls_channel.hpp"
#include "xmpp/tls_context.hpp"

namespace mucbridge {

namespace {

bool is_not_ready(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

Wire::Outcome explain_errno(int error, Wire::State wants) {
    if (is_not_ready(error))
        return {wants};
    return {Wire::State::failed, 0, std::strerror(error)};
}

}  // namespace

void Wire::FreeTls::operator()(SSL* tls) const { SSL_free(tls); }

Wire::Wire(int native_socket) : socket_(native_socket) {
    const int flags = ::fcntl(socket_, F_GETFL);
    ::fcntl(socket_, F_SETFL, flags | O_NONBLOCK);
    // Writes are gathered already; waiting for more would only delay them. A socket that is not TCP may refuse.
    const int yes = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

Wire::Wire(Wire&& other) noexcept : socket_(std::exchange(other.socket_, -1)), tls_(std::move(other.tls_)) {}

Wire& Wire::operator=(Wire&& other) noexcept {
    std::swap(socket_, other.socket_);
    std::swap(tls_, other.tls_);
    return *this;
}

Wire::~Wire() { close(); }

void Wire::close() noexcept {
    tls_.reset();
    if (socket_ >= 0)
        ::close(std::exchange(socket_, -1));
}

Wire::Outcome Wire::explain(int result) const {
    const int error = errno;
    switch (SSL_get_error(tls_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return {State::wants_read};
        case SSL_ERROR_WANT_WRITE:
            return {State::wants_write};
        case SSL_ERROR_ZERO_RETURN:
            return {State::closed, 0, "closed by the peer"};
        case SSL_ERROR_SYSCALL:
            return {State::failed, 0, error == 0 ? "closed by the peer" : std::strerror(error)};
        default:
            return {State::failed, 0, "TLS: " + take_openssl_error("failed")};
    }
}

Wire::Outcome Wire::receive(std::span<char> into) {
    if (!tls_) {
        const auto count = ::recv(socket_, into.data(), into.size(), 0);
        if (count < 0)
            return explain_errno(errno, State::wants_read);
        if (count == 0)
            return {State::closed, 0, "closed by the peer"};
        return {State::done, static_cast<std::size_t>(count)};
    }
    ERR_clear_error();
    errno = 0;
    std::size_t count = 0;
    const int result = SSL_read_ex(tls_.get(), into.data(), into.size(), &count);
    return result == 1 ? Outcome{State::done, count} : explain(result);
}

Wire::Outcome Wire::send(std::string_view bytes) {
    if (!tls_) {
        const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return count < 0 ? explain_errno(errno, State::wants_write)
                         : Outcome{State::done, static_cast<std::size_t>(count)};
    }
    ERR_clear_error();
    errno = 0;
    std::size_t count = 0;
    const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &count);
    return result == 1 ? Outcome{State::done, count} : explain(result);
}

bool Wire::has_pending() const { return tls_ && SSL_pending(tls_.get()) > 0; }

bool Wire::shut_down() {
    if (tls_ && SSL_is_init_finished(tls_.get()) == 1) {
        ERR_clear_error();
        SSL_shutdown(tls_.get());
        ERR_clear_error();
    }
    return ::shutdown(socket_, SHUT_WR) == 0;
}

bool Wire::start_tls(const TlsContext& context) {
    ERR_clear_error();
    tls_.reset(SSL_new(context.native()));
    BIO* bio = tls_ ? make_socket_bio(socket_) : nullptr;
    if (bio == nullptr) {
        tls_.reset();
        return false;
    }
    SSL_set_bio(tls_.get(), bio, bio);
    SSL_set_accept_state(tls_.get());
    return true;
}

Wire::Outcome Wire::shake_hands() {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_do_handshake(tls_.get());
    return result == 1 ? Outcome{} : explain(result);
}

std::string Wire::protocol() const {
    if (!tls_ || SSL_is_init_finished(tls_.get()) != 1)
        return {};
    return SSL_version(tls_.get()) == TLS1_3_VERSION ? "TLS 1.3" : "TLS 1.2";
}

Channel Wire::channel() const { return tls_ ? describe_channel(tls_.get()) : Channel{}; }

}  // namespace mucbridge
