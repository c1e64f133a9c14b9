#include "broker/probe.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace mucbridge {
namespace {

/// A descriptor that closes itself.
class Socket {
public:
    explicit Socket(int family) : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
    ~Socket() {
        if (fd_ >= 0)
            ::close(fd_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    int fd() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }

private:
    int fd_;
};

std::string words(int error) {
    auto text = std::generic_category().message(error);
    std::transform(text.begin(), text.begin() + 1, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

/// Connects; why it cannot, or empty.
std::string why_not(const Socket& socket, const addrinfo& address, std::chrono::milliseconds limit) {
    if (socket.fd() < 0)
        return words(errno);
    if (::connect(socket.fd(), address.ai_addr, address.ai_addrlen) == 0)
        return {};
    if (errno != EINPROGRESS)
        return words(errno);
    pollfd waiting{socket.fd(), POLLOUT, 0};
    if (::poll(&waiting, 1, static_cast<int>(limit.count())) <= 0)
        return words(ETIMEDOUT);
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    return error == 0 ? std::string() : words(error);
}

using Addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

Addresses resolve(const std::string& host, std::uint16_t port, std::string& why) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (error != 0)
        why = "no such host: " + std::string(::gai_strerror(error));
    return {error == 0 ? found : nullptr, ::freeaddrinfo};
}

/// Binds to the loopback; the port that it got, or 0.
std::uint16_t bind_loopback(std::uint16_t port) {
    const Socket socket(AF_INET);
    const int on = 1;
    ::setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket.fd(), generic, size) != 0 || ::listen(socket.fd(), 1) != 0 ||
        ::getsockname(socket.fd(), generic, &size) != 0)
        return 0;
    return ntohs(address.sin_port);
}

}  // namespace

std::string why_unresolved(const std::string& host) {
    std::string why;
    resolve(host, 1, why);
    return why;
}

std::string why_unreachable(const std::string& host, std::uint16_t port, std::chrono::milliseconds limit) {
    std::string why;
    const auto list = resolve(host, port, why);
    for (const auto* address = list.get(); address != nullptr; address = address->ai_next) {
        why = why_not(Socket(address->ai_family), *address, limit);
        if (why.empty())
            break;
    }
    return why;
}

int open_connection(const std::string& host, std::uint16_t port, std::chrono::milliseconds limit) {
    std::string why;
    const auto list = resolve(host, port, why);
    for (const auto* address = list.get(); address != nullptr; address = address->ai_next) {
        Socket socket(address->ai_family);
        if (!why_not(socket, *address, limit).empty())
            continue;
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit);
        const timeval patience{seconds.count(), std::chrono::microseconds(limit - seconds).count()};
        ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(socket.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        ::fcntl(socket.fd(), F_SETFL, 0);  // blocking
        return socket.release();
    }
    return -1;
}

bool is_port_free(std::uint16_t port) { return bind_loopback(port) == port; }

std::uint16_t pick_free_port() { return bind_loopback(0); }

}  // namespace mucbridge
