#include "xmpp/listener.hpp"

#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

#include "xmpp/listen_url.hpp"

namespace mucbridge {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr int accepted_per_turn = 64;  // so that a storm of connections does not starve the sessions of the same loop
constexpr std::chrono::milliseconds pause_when_exhausted{200};

/// IPv4 first: what a person who types "localhost" into an old client gets.
Result<std::vector<tcp::endpoint>> resolve(asio::io_context& io, const ListenUrl& url) {
    boost::system::error_code error;
    tcp::resolver resolver(io);
    const auto found = resolver.resolve(url.host, std::to_string(url.port),
                                        tcp::resolver::passive | tcp::resolver::numeric_service, error);
    if (error)
        return Error{"listen on " + to_string(url) + ": " + error.message()};
    std::vector<tcp::endpoint> endpoints;
    for (const auto& entry : found)
        if (std::find(endpoints.begin(), endpoints.end(), entry.endpoint()) == endpoints.end())
            endpoints.push_back(entry.endpoint());
    std::stable_sort(endpoints.begin(), endpoints.end(),
                     [](const auto& a, const auto& b) { return a.address().is_v4() && b.address().is_v6(); });
    return endpoints;
}

std::string to_text(const sockaddr_storage& address, socklen_t size) {
    tcp::endpoint endpoint;
    if (size > endpoint.capacity())
        return "unknown";
    std::memcpy(endpoint.data(), &address, size);
    const auto text = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? "[" + text + "]" : text) + ":" + std::to_string(endpoint.port());
}

}  // namespace

/// One acceptor for each address of the host's name.
struct Listener::Impl {
    struct Door {
        explicit Door(asio::io_context& io) : acceptor(io), pause(io) {}
        tcp::acceptor acceptor;
        asio::steady_timer pause;
        bool is_exhausted = false;  // told once, until it is over
    };

    boost::system::error_code open(asio::io_context& io, const tcp::endpoint& endpoint);
    void wait(Door& door);
    void accept(Door& door);
    void back_off(Door& door, int error);

    std::string url;
    std::vector<std::unique_ptr<Door>> doors;
    OnSocket on_socket;
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

boost::system::error_code Listener::Impl::open(asio::io_context& io, const tcp::endpoint& endpoint) {
    auto door = std::make_unique<Door>(io);
    auto& acceptor = door->acceptor;
    boost::system::error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error)
        acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && endpoint.protocol() == tcp::v6())
        acceptor.set_option(asio::ip::v6_only(true), error);
    if (!error)
        acceptor.bind(endpoint, error);
    if (!error)
        acceptor.listen(tcp::acceptor::max_listen_connections, error);
    if (!error)
        acceptor.native_non_blocking(true, error);
    if (!error)
        doors.push_back(std::move(door));
    return error;
}

void Listener::Impl::wait(Door& door) {
    door.acceptor.async_wait(tcp::acceptor::wait_read,
                             [this, &door, weak = std::weak_ptr<bool>(alive)](const auto& error) {
                                 if (!error && !weak.expired())
                                     accept(door);
                             });
}

void Listener::Impl::accept(Door& door) {
    // on_socket may stop or destroy the listener.
    const std::weak_ptr<bool> weak = alive;
    for (int i = 0; i < accepted_per_turn; ++i) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        const int socket = ::accept4(door.acceptor.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                                     SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) {
            if (errno == EAGAIN || errno == EWOULDBLOCK)
                break;
            // accept(2): an error that is already pending on the new socket is that socket's alone.
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                return back_off(door, errno);
            continue;
        }
        door.is_exhausted = false;
        on_socket(socket, to_text(address, size));
        if (weak.expired() || !door.acceptor.is_open())
            return;
    }
    wait(door);
}

/// The waiting connection would make the acceptor ready again at once: without a pause this is a busy loop.
void Listener::Impl::back_off(Door& door, int error) {
    if (!door.is_exhausted)
        spdlog::warn("{}: cannot accept, clients wait: {}", url, std::strerror(error));
    door.is_exhausted = true;
    door.pause.expires_after(pause_when_exhausted);
    door.pause.async_wait([this, &door, weak = std::weak_ptr<bool>(alive)](const auto& stopped) {
        if (!stopped && !weak.expired() && door.acceptor.is_open())
            accept(door);
    });
}

Result<std::unique_ptr<Listener>> Listener::open(asio::io_context& io, const std::string& url, OnSocket on_socket) {
    auto parsed = ListenUrl::parse(url);
    if (!parsed)
        return parsed.error();
    auto endpoints = resolve(io, *parsed);
    if (!endpoints)
        return endpoints.error();
    auto impl = std::make_unique<Impl>();
    boost::system::error_code last;
    for (tcp::endpoint endpoint : *endpoints) {
        if (!impl->doors.empty())
            endpoint.port(parsed->port);
        const auto error = impl->open(io, endpoint);
        // A machine without IPv6 may have its addresses in /etc/hosts all the same.
        const bool is_absent = error == asio::error::address_family_not_supported || error.value() == EADDRNOTAVAIL;
        if (error && !(is_absent && endpoints->size() > 1))
            return Error{"listen on " + to_string(*parsed) + ": " + error.message()};
        last = error ? error : last;
        if (!error)
            parsed->port = impl->doors.front()->acceptor.local_endpoint().port();
    }
    if (impl->doors.empty())
        return Error{"listen on " + to_string(*parsed) + ": " + last.message()};
    impl->url = to_string(*parsed);
    impl->on_socket = std::move(on_socket);
    for (const auto& door : impl->doors)
        impl->wait(*door);
    return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Listener::~Listener() { stop(); }

const std::string& Listener::url() const { return impl_->url; }

void Listener::stop() {
    impl_->alive.reset();
    boost::system::error_code ignored;
    for (const auto& door : impl_->doors)
        door->acceptor.close(ignored);
}

Result<bool> is_loopback(const std::string& listen_url) {
    const auto parsed = ListenUrl::parse(listen_url);
    if (!parsed)
        return parsed.error();
    asio::io_context io;
    const auto endpoints = resolve(io, *parsed);
    if (!endpoints)
        return endpoints.error();
    return std::all_of(endpoints->begin(), endpoints->end(),
                       [](const tcp::endpoint& endpoint) { return endpoint.address().is_loopback(); });
}

}  // namespace mucbridge
