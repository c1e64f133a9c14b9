#include "proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace {

constexpr int patience = 20;  // milliseconds between two looks at stop_

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

/// Whether a packet of that type is among these. Wants whole packets, as small ones on the loopback are.
bool has_packet(std::string_view bytes, int type) {
    for (std::size_t at = 0; at < bytes.size();) {
        if ((static_cast<unsigned char>(bytes[at]) & 0xf0) == type)
            return true;
        std::size_t length = 0, shift = 0;
        for (bool more = true; more && ++at < bytes.size(); shift += 7) {
            length |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[at]) & 0x7f) << shift;
            more = (static_cast<unsigned char>(bytes[at]) & 0x80) != 0;
        }
        at += 1 + length;
    }
    return false;
}

}  // namespace

Proxy::Proxy(std::uint16_t server) : server_(server), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto address = loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, generic, &size) != 0)
        throw std::runtime_error("no port for the proxy");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

Proxy::~Proxy() {
    stop_ = true;
    thread_.join();
    for (auto& connection : connections_)
        connection.join();
    ::close(listener_);
}

void Proxy::cut_at(Side side, int type) { (side == Side::client ? cut_at_client_ : cut_at_broker_) = type; }

void Proxy::run() {
    while (!stop_) {
        pollfd waiting{listener_, POLLIN, 0};
        if (::poll(&waiting, 1, patience) > 0)
            connections_.emplace_back([this, client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)] {
                serve(client);
                ::close(client);
            });
    }
}

/// False: the connection ends.
bool Proxy::pump(Side side, int from, int to) {
    std::array<char, 65536> bytes{};
    const auto size = ::recv(from, bytes.data(), bytes.size(), 0);
    if (size <= 0)
        return false;
    auto& cut = side == Side::client ? cut_at_client_ : cut_at_broker_;
    if (cut != 0 && has_packet({bytes.data(), static_cast<std::size_t>(size)}, cut)) {
        cut = 0;
        return false;
    }
    const bool is_puback = size >= 4 && bytes[0] == puback && side == Side::broker;
    if (is_puback && refuses_id_.exchange(false)) {
        const std::array<char, 5> in_use{bytes[0], 3, bytes[2], bytes[3], '\x91'};
        return ::send(to, in_use.data(), in_use.size(), MSG_NOSIGNAL) > 0;
    }
    return ::send(to, bytes.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL) == size;
}

void Proxy::serve(int client) {
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(server_);
    bool open = ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    while (open && !stop_) {
        std::array<pollfd, 2> waiting{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
        ::poll(waiting.data(), silent_ ? 0 : waiting.size(), patience);
        if (silent_)
            continue;
        open = (waiting[0].revents == 0 || pump(Side::client, client, server)) &&
               (waiting[1].revents == 0 || pump(Side::broker, server, client));
    }
    ::close(server);
}
