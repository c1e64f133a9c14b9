#include "bench/connection.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace mucbridge::bench {

namespace {

constexpr std::size_t read_bytes = 256 * 1024;

std::string why(int error) { return std::strerror(error); }

}  // namespace

Connection::~Connection() {
    if (socket_ >= 0)
        ::close(socket_);
}

void Connection::fail(const std::string& what) const { throw std::runtime_error(name_ + ": " + what); }

void Connection::connect(int poll, const std::string& address, std::uint16_t port) {
    poll_ = poll;
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0)
        fail("no socket: " + why(errno));
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(port);
    ::inet_pton(AF_INET, address.c_str(), &peer.sin_addr);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0 && errno != EINPROGRESS)
        fail("cannot connect: " + why(errno));
    waits_to_write_ = true;
    watch(EPOLL_CTL_ADD);
}

void Connection::watch(int operation) {
    epoll_event event{};
    event.events = waits_to_write_ ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = this;
    if (::epoll_ctl(poll_, operation, socket_, &event) != 0)
        fail("epoll_ctl: " + why(errno));
}

void Connection::open() {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0)
        fail("cannot connect: " + why(error));
    is_open_ = true;
    on_open();
}

void Connection::on_event(std::uint32_t events) {
    if (!is_open_)
        open();
    if (waits_to_write_ && (events & EPOLLOUT) != 0)
        flush();
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0)
        read();
}

/// What is left of the last read goes before the next, in one buffer for all.
void Connection::read() {
    thread_local std::vector<char> buffer(read_bytes);
    const std::size_t kept = input_.size();
    if (buffer.size() < kept + read_bytes)
        buffer.resize(kept + read_bytes);
    const auto count = ::recv(socket_, buffer.data() + kept, read_bytes, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0)
        fail("the server closed the connection" + (count < 0 ? ": " + why(errno) : "") + ", last said: " + input_);
    std::memcpy(buffer.data(), input_.data(), kept);
    std::string_view bytes(buffer.data(), kept + static_cast<std::size_t>(count));
    on_bytes(bytes);
    input_.assign(bytes);
}

void Connection::send(std::string_view bytes) {
    queue(bytes);
    flush();
}

void Connection::flush() {
    if (!output_.empty()) {
        const auto count = ::send(socket_, output_.data(), output_.size(), MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN && errno != EINTR)
            fail("cannot write: " + why(errno));
        if (count > 0)
            output_.erase(0, static_cast<std::size_t>(count));
    }
    if (waits_to_write_ != !output_.empty()) {
        waits_to_write_ = !output_.empty();
        watch(EPOLL_CTL_MOD);
    }
}

void Connection::close(std::string_view words) noexcept {
    if (socket_ < 0)
        return;
    ::send(socket_, words.data(), words.size(), MSG_NOSIGNAL);
    ::close(socket_);
    socket_ = -1;
}

}  // namespace mucbridge::bench
