#include "broker/no_delay.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace mucbridge;

namespace {

/// A listener on the loopback and a client that is connected to it.
struct Pair {
    Pair() {
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(listener, 1) == 0);
        REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        REQUIRE(::connect(client, reinterpret_cast<sockaddr*>(&address), size) == 0);
    }
    ~Pair() {
        ::close(client);
        ::close(listener);
    }
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;

    bool is_without_delay() const {
        int value = 0;
        socklen_t size = sizeof value;
        REQUIRE(::getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &value, &size) == 0);
        return value != 0;
    }

    int listener = ::socket(AF_INET, SOCK_STREAM, 0), client = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
};

}  // namespace

TEST_CASE("what is written to that port is not held back, and other connections are as they were") {
    const Pair broker, other;
    REQUIRE_FALSE(broker.is_without_delay());
    set_no_delay(ntohs(broker.address.sin_port));
    CHECK(broker.is_without_delay());
    CHECK_FALSE(other.is_without_delay());
}
