#include "old_broker.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace {

constexpr int patience = 20;  // milliseconds between two looks at stop_

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

/// False: this side has closed.
bool pump(int from, int to) {
    std::array<char, 4096> bytes{};
    const auto size = ::recv(from, bytes.data(), bytes.size(), 0);
    return size > 0 && ::send(to, bytes.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL) == size;
}

}  // namespace

OldBroker::OldBroker(std::uint16_t server, std::string refusal, int times)
    : server_(server),
      refusal_(std::move(refusal)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      refusals_(times) {
    auto address = loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, generic, &size) != 0)
        throw std::runtime_error("no port for the old broker");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

OldBroker::~OldBroker() {
    stop_ = true;
    thread_.join();
    for (auto& connection : connections_)
        connection.join();
    ::close(listener_);
}

void OldBroker::run() {
    while (!stop_) {
        pollfd waiting{listener_, POLLIN, 0};
        if (::poll(&waiting, 1, patience) > 0)
            connections_.emplace_back([this, client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)] {
                serve(client);
                ::close(client);
            });
    }
}

void OldBroker::serve(int client) {
    // CONNECT: type and flags, a length of 1 or 2 bytes, 00 04 'M' 'Q' 'T' 'T', the level.
    std::array<unsigned char, 10> head{};
    if (::recv(client, head.data(), head.size(), MSG_PEEK | MSG_WAITALL) != 10)
        return;
    const bool is_mqtt5 = (head[1] < 0x80 ? head[8] : head[9]) == 5;
    asked_ += is_mqtt5 ? 1 : 0;
    if (is_mqtt5 && refusals_ > 0) {
        --refusals_;
        ::send(client, refusal_.data(), refusal_.size(), MSG_NOSIGNAL);
        std::array<char, 4096> rest{};
        ::recv(client, rest.data(), rest.size(), 0);  // unread bytes would make the close a reset
        return;
    }
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(server_);
    bool open = ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    while (open && !stop_) {
        std::array<pollfd, 2> waiting{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
        ::poll(waiting.data(), waiting.size(), patience);
        open = (waiting[0].revents == 0 || pump(client, server)) && (waiting[1].revents == 0 || pump(server, client));
    }
    ::close(server);
}
