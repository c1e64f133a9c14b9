#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstring>
#include <map>

#include "talk.hpp"
#include "xmpp/connection.hpp"
#include "xmpp/listen_url.hpp"
#include "xmpp/listener.hpp"
#include "xmpp/turn_away.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

/// A plain blocking-free client socket.
class Client {
public:
    explicit Client(const std::string& url, int receive_buffer = 0) {
        const auto where = ListenUrl::parse(url).value();
        sockaddr_storage address{};
        socklen_t size = sizeof(sockaddr_in);
        if (where.host.find(':') != std::string::npos) {
            auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
            v6.sin6_family = AF_INET6;
            v6.sin6_port = htons(where.port);
            ::inet_pton(AF_INET6, where.host.c_str(), &v6.sin6_addr);
            size = sizeof v6;
        } else {
            auto& v4 = reinterpret_cast<sockaddr_in&>(address);
            v4.sin_family = AF_INET;
            v4.sin_port = htons(where.port);
            ::inet_pton(AF_INET, where.host == "localhost" ? "127.0.0.1" : where.host.c_str(), &v4.sin_addr);
        }
        socket_ = ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (receive_buffer > 0)
            ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        is_connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0;
    }
    ~Client() { ::close(socket_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    bool is_connected() const { return is_connected_; }
    void say(std::string_view bytes) {
        REQUIRE(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
    }
    /// As much as the socket takes.
    std::size_t push(std::string_view bytes) {
        const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        return count < 0 ? 0 : static_cast<std::size_t>(count);
    }
    void shut_down() { ::shutdown(socket_, SHUT_WR); }
    /// Whatever has come by now; sees the end.
    void read() {
        char bytes[65536];
        for (;;) {
            const auto count = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
            if (count <= 0) {
                is_closed = is_closed || count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
                return;
            }
            ++reads;
            heard.append(bytes, static_cast<std::size_t>(count));
        }
    }

    std::string heard;
    int reads = 0;
    bool is_closed = false;

private:
    int socket_ = -1;
    bool is_connected_ = false;
};

/// A listener whose sessions live on one loop.
struct House {
    SessionOptions options{"localhost", "rooms.localhost", Login::open, {}};
    SessionHost host;
    boost::asio::io_context io;
    TurnEnd turn_end{io};
    std::map<std::uint64_t, std::unique_ptr<Session>> sessions;
    std::map<std::uint64_t, std::unique_ptr<Connection>> connections;
    std::vector<std::string> peers, stanzas, ends;
    std::unique_ptr<Listener> listener;
    std::uint64_t numbers = 0;

    explicit House(const std::string& url = "xmpp://127.0.0.1:0") {
        host.authenticate = [](Session&, const std::string&, const std::string&,
                               const std::function<void(LoginAnswer)>& answer) { answer(LoginAnswer::right); };
        host.bind = [](Session& session, std::string resource, const std::function<void(Result<Jid>)>& answer) {
            answer(session.jid().with_resource(std::move(resource)));
        };
        host.on_stanza = [this](Session&, const Element& stanza, std::uint64_t) { stanzas.push_back(stanza.name); };
        host.on_end = [this](Session&, const std::string& why) { ends.push_back(why); };
        auto opened = Listener::open(io, url, [this](int socket, std::string peer) { take(socket, std::move(peer)); });
        if (opened)
            listener = std::move(*opened);
    }

    void take(int socket, std::string peer) {
        peers.push_back(peer);
        auto session = std::make_unique<Session>(++numbers, options, host, read_clocks());
        session->set_peer(std::move(peer));
        auto connection = std::make_unique<Connection>(
            io, turn_end, Wire(socket), *session,
            [this, number = numbers](Connection&) {
                connections.erase(number);
                sessions.erase(number);
            },
            read_clocks);
        sessions.emplace(numbers, std::move(session));
        connections.emplace(numbers, std::move(connection)).first->second->start();
    }

    /// Runs the loop until it is so, for at most `most`.
    template <class Condition>
    bool until(Condition condition, std::chrono::milliseconds most = 5000ms) {
        const auto end = std::chrono::steady_clock::now() + most;
        while (!condition() && std::chrono::steady_clock::now() < end)
            io.run_for(5ms);
        return condition();
    }

    Session& only() { return connections.begin()->second->session(); }

    /// One client as romeo@localhost/balcony.
    void log_in(Client& client) {
        client.say(std::string(client_header) + make_plain("romeo", "x") + std::string(client_header) +
                   std::string(bind_balcony));
        REQUIRE(until([&] {
            client.read();
            return holds(client.heard, "<jid>romeo@localhost/balcony</jid>");
        }));
        client.heard.clear();
        client.reads = 0;
    }
};

}  // namespace

TEST_CASE("a listener says which port it took, and hands over sockets with their peer's address") {
    House house;
    REQUIRE(house.listener);
    CHECK(house.listener->url().starts_with("xmpp://127.0.0.1:"));
    CHECK(!house.listener->url().ends_with(":0"));
    Client client(house.listener->url());
    REQUIRE(house.until([&] { return house.peers.size() == 1; }));
    CHECK(house.peers[0].starts_with("127.0.0.1:"));
    house.log_in(client);
    CHECK(house.only().peer() == house.peers[0]);
}

TEST_CASE("a listener on IPv6 writes addresses in brackets") {
    House house("xmpp://[::1]:0");
    if (!house.listener) {
        MESSAGE("this machine has no ::1");
        return;
    }
    CHECK(house.listener->url().starts_with("xmpp://[::1]:"));
    Client client(house.listener->url());
    house.log_in(client);
    CHECK(house.peers.at(0).starts_with("[::1]:"));
}

TEST_CASE("a listener resolves names") {
    House house("xmpp://localhost:0");
    REQUIRE(house.listener);
    Client client(house.listener->url());
    house.log_in(client);
}

TEST_CASE("opening a listener fails in words that name the URL") {
    boost::asio::io_context io;
    const auto open = [&](const std::string& url) {
        const auto opened = Listener::open(io, url, [](int socket, const std::string&) { ::close(socket); });
        return opened ? std::string() : opened.error().text;
    };
    for (const auto* url : {"", "127.0.0.1:1", "xmpps://", "xmpps:localhost:1", "xmpp://", "xmpp://:1", "xmpp://a:b",
                            "xmpp://a:", "xmpp://a:65536", "xmpp://a:-1", "xmpp://a:1/", "xmpp://[::1", "xmpp://[::1]1",
                            "xmpp://[]:1", "xmpp://a b:1", "xmpp://u@h:1", "xmpp://[localhost]:1", "xmpp://::1:1"}) {
        CAPTURE(url);
        CHECK(holds(open(url), "want \"xmpp://HOST:PORT\""));
        CHECK(is_loopback(url).has_error());
    }
    House house;
    CHECK(holds(open(house.listener->url()), house.listener->url() + ": Address already in use"));
    CHECK(holds(open("xmpp://192.0.2.1:1"), "xmpp://192.0.2.1:1: "));
}

TEST_CASE("a listen URL without a port has ActiveMQ's") {
    CHECK(ListenUrl::parse("xmpp://localhost").value().port == 61222);
    CHECK(to_string(ListenUrl::parse("xmpp://[::1]").value()) == "xmpp://[::1]:61222");
    CHECK(!ListenUrl::parse("xmpp://[::1]").value().is_direct_tls);
    CHECK(ListenUrl::parse("xmpps://[::1]").value().is_direct_tls);
    CHECK(to_string(ListenUrl::parse("xmpps://[::1]").value()) == "xmpps://[::1]:5223");
}

TEST_CASE("the loopback is 127/8, ::1 and localhost") {
    CHECK(is_loopback("xmpp://127.0.0.1:1").value());
    CHECK(is_loopback("xmpp://127.1.2.3:1").value());
    CHECK(is_loopback("xmpp://[::1]:1").value());
    CHECK(is_loopback("xmpp://localhost:1").value());
    CHECK(!is_loopback("xmpp://0.0.0.0:1").value());
    CHECK(!is_loopback("xmpp://[::]:1").value());
    CHECK(!is_loopback("xmpp://192.0.2.1:1").value());
}

TEST_CASE("a stopped listener takes nobody more") {
    House house;
    const std::string url = house.listener->url();
    house.listener->stop();
    house.io.run_for(5ms);
    CHECK(!Client(url).is_connected());
}

#ifndef __SANITIZE_ADDRESS__  // the sanitizers themselves need descriptors
TEST_CASE("without a free descriptor clients wait, without a busy loop, and are served afterwards") {
    House house;
    Client client(house.listener->url());  // in the backlog
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit none{3, limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    const auto start = std::chrono::steady_clock::now();
    std::size_t turns = 0;
    while (std::chrono::steady_clock::now() - start < 300ms)
        turns += house.io.run_one_for(50ms);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    CHECK(turns < 20);
    CHECK(house.peers.empty());
    house.log_in(client);
}
#endif

TEST_CASE("everything that is queued in one turn of the loop is one write") {
    House house;
    Client client(house.listener->url());
    house.log_in(client);
    for (int i = 0; i < 100; ++i)
        house.only().send("<message id='" + std::to_string(i) + "'/>");
    CHECK(house.until([&] {
        client.read();
        return holds(client.heard, "<message id='99'/>");
    }));
    CHECK(client.reads == 1);
}

TEST_CASE("a stream that the client ends is ended both ways, and the socket after it [RFC 6120 §4.4]") {
    House house;
    Client client(house.listener->url());
    house.log_in(client);
    client.say("<presence/></stream:stream>");
    CHECK(house.until([&] {
        client.read();
        return client.is_closed;
    }));
    CHECK(client.heard == "</stream:stream>");
    CHECK(house.stanzas.size() == 1);
    CHECK(house.ends == std::vector<std::string>{"closed"});
    CHECK(!house.connections.empty());  // it waits for the client's end of the socket
    client.shut_down();
    CHECK(house.until([&] { return house.connections.empty(); }));
}

TEST_CASE("a stream that the host ends is told to it once, and what was queued is still written") {
    House house;
    Client client(house.listener->url());
    house.log_in(client);
    const std::string big(1'500'000, 'x');
    house.only().send("<message>" + big + "</message>");
    house.only().close("system-shutdown");
    house.only().send("<message>late</message>");
    CHECK(house.ends.empty());
    CHECK(house.until([&] {
        client.read();
        return client.is_closed;
    }));
    CHECK(client.heard.size() > big.size());
    CHECK(ends_with_error(client.heard, "system-shutdown"));
    CHECK(house.ends == std::vector<std::string>{"system-shutdown"});
}

TEST_CASE("a client that vanishes is gone at once") {
    House house;
    {
        Client client(house.listener->url());
        house.log_in(client);
    }
    CHECK(house.until([&] { return house.connections.empty(); }));
    CHECK(house.ends == std::vector<std::string>{"closed by the peer"});
}

TEST_CASE("a client that says everything and shuts its side gets its answers") {
    House house;
    Client client(house.listener->url());
    client.say(std::string(client_header) + make_plain("romeo", "x") + std::string(client_header) +
               std::string(bind_balcony));
    client.shut_down();
    CHECK(house.until([&] {
        client.read();
        return client.is_closed;
    }));
    CHECK(holds(client.heard, "<jid>romeo@localhost/balcony</jid>"));
    CHECK(house.until([&] { return house.connections.empty(); }));
}

TEST_CASE("non_reading_client: its queue is bounded, it is told off, and the socket goes in bounded time") {
    House house;
    house.options.limits.session_queue_bytes = 2 * 1024 * 1024;
    Client reader(house.listener->url());
    house.log_in(reader);
    Client client(house.listener->url(), 4096);
    REQUIRE(house.until([&] { return house.connections.size() == 2; }));
    client.say(std::string(client_header) + make_plain("juliet", "x") + std::string(client_header) +
               std::string(bind_balcony));
    Session& slow = house.connections.at(2)->session();
    REQUIRE(house.until([&] { return slow.is_bound(); }));
    const std::string stanza = "<message>" + std::string(100'000, 'x') + "</message>";
    for (int i = 0; i < 1000 && !slow.is_over(); ++i) {
        slow.send(stanza);
        house.only().send("<message/>");
        house.io.run_for(1ms);
    }
    CHECK(slow.is_over());
    CHECK(slow.unwritten().size() < 3 * 1024 * 1024);
    CHECK(house.until([&] { return house.connections.size() == 1; }, 8000ms));
    CHECK(house.ends.at(0).starts_with("policy-violation"));
    CHECK(house.until([&] {
        reader.read();
        return reader.heard.size() > 100;
    }));
}

TEST_CASE("a client that asks without reading the answers is not read from until it has caught up") {
    House house;
    Client client(house.listener->url(), 4096);
    house.log_in(client);
    std::string requests;
    while (requests.size() < 60'000)
        requests += "<iq type='get' id='v' to='localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>";
    std::size_t pushed = 0, stuck = 0;
    while (stuck < 50) {
        const auto count = client.push(std::string_view(requests).substr(pushed % requests.size()));
        pushed += count;
        stuck = count == 0 ? stuck + 1 : 0;
        house.io.run_for(1ms);
        REQUIRE(pushed < 100'000'000);
    }
    Session& session = house.only();
    CHECK(!session.is_over());
    CHECK(session.unwritten().size() > 1024 * 1024);
    CHECK(session.unwritten().size() < 2 * 1024 * 1024);
    // It catches up, and is served again.
    CHECK(house.until(
        [&] {
            client.read();
            pushed += client.push(std::string_view(requests).substr(pushed % requests.size()));
            return client.heard.size() > 3'000'000;
        },
        20'000ms));
    CHECK(!session.is_over());
}

TEST_CASE("slowloris_500: 500 half-open streams do not keep the next one from being served, and end in time") {
    House house;
    house.options.limits.unauthenticated_time = 1s;
    std::vector<std::unique_ptr<Client>> idle;
    for (int i = 0; i < 500; ++i) {
        idle.push_back(std::make_unique<Client>(house.listener->url()));
        if (i % 2 == 0)
            idle.back()->say("<stream:stre");
        if (i % 50 == 0)
            house.io.run_for(1ms);
    }
    Client client(house.listener->url());
    house.log_in(client);
    CHECK(house.until([&] {
        idle.front()->read();
        idle.back()->read();
        return idle.front()->is_closed && idle.back()->is_closed;
    }));
    CHECK(ends_with_error(idle.front()->heard, "connection-timeout"));
    CHECK(ends_with_error(idle.back()->heard, "connection-timeout"));
    idle.clear();
    CHECK(house.until([&] { return house.connections.size() == 1; }));
    CHECK(house.only().is_bound());
}

TEST_CASE("a connection may be destroyed while it is open") {
    House house;
    Client client(house.listener->url());
    house.log_in(client);
    house.only().send("<message/>");
    house.connections.clear();
    house.io.run_for(10ms);
    client.read();
    CHECK(client.is_closed);
    CHECK(house.ends.empty());
}

TEST_CASE("a peer beyond its rate is not read from, nothing of it is lost, and another one is served meanwhile") {
    House house;
    house.options.limits.stanzas_per_second = 100;
    std::size_t pauses = 0;
    house.host.on_pause = [&](Session&) { ++pauses; };
    Client flooder(house.listener->url());
    house.log_in(flooder);
    Client calm(house.listener->url());
    calm.say(std::string(client_header) + make_plain("juliet", "x") + std::string(client_header) +
             std::string(bind_balcony));
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 300; ++i)
        flooder.say("<message to='a@localhost'><body>flood</body></message>");
    flooder.say("<iq type='get' id='last' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>");
    CHECK(house.until([&] {
        calm.read();
        return holds(calm.heard, "<jid>juliet@localhost/balcony</jid>");
    }));
    CHECK(house.stanzas.size() < 200);
    CHECK(house.until([&] {
        flooder.read();
        return holds(flooder.heard, "id='last'");
    }));
    CHECK(house.stanzas.size() == 300);
    CHECK(std::chrono::steady_clock::now() - start > 1500ms);  // 100 at once, and 200 at 100 a second
    CHECK(pauses > 5);
    CHECK(house.ends.empty());
}

TEST_CASE("bytes have a rate too, also before the login") {
    House house;
    house.options.limits.bytes_per_second = 20'000;
    house.options.limits.stanza_bytes_before_login = 200'000;
    Client client(house.listener->url());
    REQUIRE(house.until([&] { return house.connections.size() == 1; }));
    const auto start = std::chrono::steady_clock::now();
    client.say(std::string(client_header) + "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='" +
               std::string(40'000, 'x') + "'/>");
    CHECK(house.until([&] {
        client.read();
        return holds(client.heard, "<invalid-mechanism/>");
    }));
    CHECK(std::chrono::steady_clock::now() - start > 900ms);
}

TEST_CASE("a peer that waits for its rate is written to, timed out, and its end is noticed") {
    House house;
    house.options.limits.stanzas_per_second = 10;
    Client client(house.listener->url());
    house.log_in(client);
    for (int i = 0; i < 20; ++i)
        client.say("<message to='a@localhost'/>");
    REQUIRE(house.until([&] { return house.stanzas.size() > 5; }));
    house.only().send("<message id='to-you'/>");
    CHECK(house.until(
        [&] {
            client.read();
            return holds(client.heard, "to-you");
        },
        500ms));
    client.shut_down();
    CHECK(house.until([&] { return house.connections.empty(); }));
    CHECK(house.stanzas.size() == 20);

    house.options.limits.unauthenticated_time = 1s;
    house.options.limits.bytes_per_second = 100;
    Client late(house.listener->url());
    late.say(std::string(client_header) + "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='" +
             std::string(5000, 'x'));
    CHECK(house.until([&] {
        late.read();
        return late.is_closed;
    }));
    CHECK(holds(late.heard, "<connection-timeout "));
    CHECK(holds(late.heard, "limits/unauthenticated_time"));
}

TEST_CASE("a connection that is dropped hears why, is closed at once, and its end is told") {
    House house;
    Client client(house.listener->url());
    house.log_in(client);
    client.say("<message to='a@localhost'>");  // half a stanza, unread
    house.connections.begin()->second->drop("resource-constraint", "others wait (limits/unauthenticated)");
    CHECK(house.until([&] { return house.connections.empty(); }, 500ms));
    client.read();
    CHECK(client.is_closed);
    CHECK(holds(client.heard, "<resource-constraint "));
    CHECK(holds(client.heard, "others wait (limits/unauthenticated)"));
    CHECK(house.ends.size() == 1);
}

TEST_CASE("a peer that is turned away is told why, in a stream of its own") {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    turn_away(pair[1], "localhost", {"resource-constraint", "no more than 3 connections (limits/connections)"});
    std::array<char, 4096> bytes;
    const auto count = ::recv(pair[0], bytes.data(), bytes.size(), 0);
    REQUIRE(count > 0);
    const std::string_view heard(bytes.data(), static_cast<std::size_t>(count));
    CHECK(heard.starts_with("<?xml version='1.0'?><stream:stream "));
    CHECK(holds(heard, "<resource-constraint "));
    CHECK(holds(heard, "(limits/connections)</text></stream:error></stream:stream>"));
    CHECK(::recv(pair[0], bytes.data(), bytes.size(), 0) == 0);
    ::close(pair[0]);
}
