#include "bench/client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "xmpp/base64.hpp"

namespace mucbridge::bench {

namespace {

constexpr std::size_t read_bytes = 256 * 1024;

std::string why(int error) { return std::strerror(error); }

}  // namespace

Client::Client(const Options& options, RoomTally& tally, unsigned room, unsigned occupant)
    : options_(options),
      tally_(tally),
      occupant_(occupant),
      user_("u" + std::to_string(occupant + 1)),
      resource_("r" + std::to_string(room + 1)),
      // A room of this run alone: neither history nor occupants of an earlier one.
      room_("bench-" + std::to_string(::getpid()) + "-" + std::to_string(room + 1) + "@" + options.rooms_domain) {}

Client::~Client() {
    if (socket_ >= 0)
        ::close(socket_);
}

void Client::fail(const std::string& what) const { throw std::runtime_error(user_ + "/" + resource_ + ": " + what); }

void Client::connect(int poll) {
    poll_ = poll;
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0)
        fail("no socket: " + why(errno));
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    ::inet_pton(AF_INET, options_.address.c_str(), &address.sin_addr);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS)
        fail("cannot connect: " + why(errno));
    phase_ = Phase::connecting;
    waits_to_write_ = true;
    watch(EPOLL_CTL_ADD);
}

void Client::watch(int operation) {
    epoll_event event{};
    event.events = waits_to_write_ ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = this;
    if (::epoll_ctl(poll_, operation, socket_, &event) != 0)
        fail("epoll_ctl: " + why(errno));
}

void Client::on_event(std::uint32_t events, Latencies& latencies) {
    if (phase_ == Phase::connecting) {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0)
            fail("cannot connect: " + why(error));
        phase_ = Phase::header;
        send_header();
    }
    if (waits_to_write_ && (events & EPOLLOUT) != 0)
        write();
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0)
        read(latencies);
}

// Reading. What is left of the last read goes before the next, in one buffer for all.

void Client::read(Latencies& latencies) {
    thread_local std::vector<char> buffer(read_bytes);
    if (buffer.size() < input_.size() + read_bytes)
        buffer.resize(input_.size() + read_bytes);
    const auto count = ::recv(socket_, buffer.data() + input_.size(), read_bytes, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0)
        fail("the server closed the connection" + (count < 0 ? ": " + why(errno) : "") + ", last said: " + input_);
    if (phase_ == Phase::joined) {
        std::memcpy(buffer.data(), input_.data(), input_.size());
        return hear({buffer.data(), input_.size() + static_cast<std::size_t>(count)}, latencies);
    }
    input_.append(buffer.data() + input_.size(), static_cast<std::size_t>(count));
    while (phase_ != Phase::joined && take_step()) {
    }
    if (phase_ == Phase::joined)
        hear(std::string(std::move(input_)), latencies);
}

void Client::hear(std::string_view bytes, Latencies& latencies) {
    const Tick at = now();
    while (const auto heard = take_message(bytes)) {
        if (heard->is_error)
            fail("a line was refused: " + std::string(heard->stanza));
        if (heard->name)
            tally_.hear(occupant_, *heard->name, at, latencies);
    }
    input_.assign(bytes);
}

// Entering.

bool Client::skip_past(std::string_view token) {
    const auto found = input_.find(token);
    if (found == std::string::npos)
        return false;
    input_.erase(0, found + token.size());
    return true;
}

/// Whether something was understood, so that it is worth looking again.
bool Client::take_step() {
    if (input_.find("<stream:error") != std::string::npos || input_.find("<failure") != std::string::npos)
        fail("refused: " + input_);
    switch (phase_) {
        case Phase::header: {
            if (!skip_past("</stream:features>"))
                return false;
            const std::string secret = std::string(1, '\0') + user_ + '\0' + options_.password;
            phase_ = Phase::authenticating;
            send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + to_base64(secret) + "</auth>");
            return true;
        }
        case Phase::authenticating:
            if (!skip_past("<success"))
                return false;
            phase_ = Phase::second_header;
            send_header();
            return true;
        case Phase::second_header:
            if (!skip_past("</stream:features>"))
                return false;
            phase_ = Phase::binding;
            send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" + resource_ +
                 "</resource></bind></iq>");
            return true;
        case Phase::binding:
            if (input_.find("<error") != std::string::npos)
                fail("cannot bind: " + input_);
            if (!skip_past("</iq>"))
                return false;
            phase_ = Phase::joining;
            send_join();
            return true;
        case Phase::joining:
            check_join();
            return false;
        default:
            return false;
    }
}

/// One's own presence is the last of them (XEP-0045 §7.1); of the others nothing need be kept.
void Client::check_join() {
    const auto own = std::min(input_.find("code='110'"), input_.find("code=\"110\""));
    if (own != std::string::npos) {
        phase_ = Phase::joined;
        input_.erase(0, own);
        return;
    }
    if (input_.find("</error>") != std::string::npos)
        fail("cannot join: " + input_);
    if (const auto last = input_.rfind("<presence"); last != std::string::npos)
        input_.erase(0, last);
}

void Client::send_header() {
    send("<?xml version='1.0'?><stream:stream to='" + options_.domain +
         "' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>");
}

void Client::send_join() {
    send("<presence to='" + room_ + "/" + user_ +
         "'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>");
}

// Writing.

void Client::say(LineName name) {
    send("<message to='" + room_ + "' type='groupchat' id='" + std::to_string(name.number) + "'><body>" +
         write_body(name, options_.body) + "</body></message>");
}

void Client::send(std::string_view bytes) {
    const bool is_waiting = !output_.empty();
    output_.append(bytes);
    if (!is_waiting)
        write();
}

void Client::write() {
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

void Client::leave() noexcept {
    constexpr std::string_view end = "</stream:stream>";
    if (socket_ < 0)
        return;
    ::send(socket_, end.data(), end.size(), MSG_NOSIGNAL);
    ::close(socket_);
    socket_ = -1;
}

}  // namespace mucbridge::bench
