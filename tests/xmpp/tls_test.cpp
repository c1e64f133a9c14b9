#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <map>

#include "talk.hpp"
#include "tls_client.hpp"
#include "xmpp/connection.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
constexpr std::string_view proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

std::shared_ptr<const TlsContext> load(const Issued& issued) {
    const TemporaryFolder folder;
    TlsConfig config;
    config.certificate = folder.write("tls.crt", issued.certificate_pem());
    config.key = folder.write("tls.key", issued.key_pem());
    return TlsContext::load(config).value();
}

const std::shared_ptr<const TlsContext>& house_context() {
    static const auto context = load(issue({.common_name = "house"}));
    return context;
}

/// Sessions on one loop, at the other ends of clients' sockets.
struct House {
    SessionOptions options{"localhost", "rooms.localhost", Login::open, {}};
    SessionHost host;
    boost::asio::io_context io;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
    TurnEnd turn_end{io};
    std::shared_ptr<const TlsContext> context = house_context();
    std::chrono::seconds later{0};  // by which the given clock goes ahead of the system's
    std::function<Tick()> reserve;
    std::map<std::uint64_t, std::unique_ptr<Session>> sessions;
    std::map<std::uint64_t, std::unique_ptr<Connection>> connections;
    std::vector<std::string> logins, stanzas, ends;
    std::uint64_t numbers = 0;

    House() {
        host.authenticate = [this](Session&, std::string name, const std::string&,
                                   const std::function<void(LoginAnswer)>& answer) {
            logins.push_back(std::move(name));
            answer(LoginAnswer::right);
        };
        host.bind = [](Session& session, std::string resource, const std::function<void(Result<Jid>)>& answer) {
            answer(session.jid().with_resource(std::move(resource)));
        };
        host.on_stanza = [this](Session&, const Element& stanza, std::uint64_t) {
            stanzas.emplace_back(stanza.attribute("id"));
        };
        host.on_end = [this](Session&, const std::string& why) { ends.push_back(why); };
    }

    Now now() const {
        Now now = read_clocks();
        now.tick += later;
        return now;
    }

    std::unique_ptr<TlsClient> connect(bool is_direct, const TlsClient::Options& client = {}) {
        int pair[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
        const TlsOffer offer{context, is_direct ? Channel::Starttls::absent : Channel::Starttls::offered, is_direct};
        Channel channel;
        channel.starttls = offer.starttls;
        attach(Wire(pair[1]), std::make_unique<Session>(++numbers, options, host, now(), channel), offer);
        return std::make_unique<TlsClient>(pair[0], client);
    }
    void attach(Wire wire, std::unique_ptr<Session> session, const TlsOffer& offer = {}) {
        const auto number = session->number();
        auto connection = std::make_unique<Connection>(
            io, turn_end, std::move(wire), *session,
            [this, number](Connection&) {
                connections.erase(number);
                sessions.erase(number);
            },
            [this] { return now(); });
        connection->offer_tls(offer, reserve);
        sessions.emplace(number, std::move(session));
        connections.emplace(number, std::move(connection)).first->second->start();
    }

    template <class Condition>
    bool until(Condition condition, std::chrono::milliseconds most = 5000ms) {
        const auto end = std::chrono::steady_clock::now() + most;
        while (!condition() && std::chrono::steady_clock::now() < end)
            io.run_for(2ms);
        return condition();
    }
    bool until_heard(TlsClient& client, std::string_view what) {
        return until([&] {
                   client.read();
                   return holds(client.heard, what) || client.is_closed;
               }) &&
               holds(client.heard, what);
    }
    bool until_closed(TlsClient& client) {
        return until([&] {
            client.read();
            return client.is_closed;
        });
    }

    bool shake_hands(TlsClient& client) {
        client.heard.clear();
        bool is_done = false;
        until([&] { return (is_done = client.shake_hands()) || client.is_closed; });
        return is_done;
    }
    /// Up to where the client's handshake comes.
    void ask_for_tls(TlsClient& client, std::string_view and_then = {}) {
        client.say_raw(std::string(client_header) + std::string(starttls) + std::string(and_then));
        REQUIRE(until_heard(client, proceed));
    }
    /// As romeo@localhost/balcony.
    void log_in(TlsClient& client) {
        client.say(std::string(client_header) + make_plain("romeo", "x") + std::string(client_header) +
                   std::string(bind_balcony));
        REQUIRE(until_heard(client, "<jid>romeo@localhost/balcony</jid>"));
        client.heard.clear();
    }
    Session& only() { return *sessions.begin()->second; }
    Connection& connection() { return *connections.begin()->second; }
};

}  // namespace

TEST_CASE("STARTTLS: proceed, the handshake, a new stream and the login in it [RFC 6120 §5.4]") {
    House house;
    const auto client = house.connect(false, {.alpn = "\x0bxmpp-client", .server_name = "localhost"});
    client->say_raw(client_header);
    CHECK(house.until_heard(*client, "</stream:features>"));
    CHECK(holds(client->heard, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'"));
    client->heard.clear();
    client->say_raw(starttls);
    CHECK(house.until_heard(*client, proceed));
    CHECK(client->heard == proceed);
    CHECK(house.connection().protocol().empty());
    CHECK(house.shake_hands(*client));
    client->say(client_header);
    CHECK(house.until_heard(*client, "</stream:features>"));
    CHECK(!holds(client->heard, "xmpp-tls"));
    CHECK(client->heard.starts_with("<?xml version='1.0'?><stream:stream "));
    client->say(make_plain("romeo", "x") + std::string(client_header) + std::string(bind_balcony));
    CHECK(house.until_heard(*client, "<jid>romeo@localhost/balcony</jid>"));
    CHECK(house.connection().protocol() == "TLS 1.3");
}

TEST_CASE("direct TLS: the handshake comes before anything else [XEP-0368 §3]") {
    House house;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto client = house.connect(true, {.version = version, .alpn = "\x0bxmpp-client"});
        CHECK(house.shake_hands(*client));
        house.log_in(*client);
        client->say("<message to='juliet@localhost' id='m'/>");
        CHECK(house.until([&] { return house.stanzas == std::vector<std::string>{"m"}; }));
        CHECK(house.ends.empty());
        client->say("</stream:stream>");
        CHECK(house.until_closed(*client));
        CHECK(client->heard == "</stream:stream>");
        CHECK((SSL_get_shutdown(client->tls) & SSL_RECEIVED_SHUTDOWN) != 0);  // and not just cut
        SSL_shutdown(client->tls);
        CHECK(house.until([&] { return house.connections.empty(); }));
        house.stanzas.clear();
        house.ends.clear();
    }
}

TEST_CASE("direct TLS is not spoken in the clear: such a client is closed without a word") {
    House house;
    const auto client = house.connect(true);
    client->say_raw(client_header);
    CHECK(house.until([&] { return house.connections.empty(); }));
    client->read();
    CHECK(client->is_closed);
    CHECK(!holds(client->heard, "stream"));
}

TEST_CASE("what was sent along with <starttls/> is not heard after the handshake [RFC 6120 §5.4.3.3]") {
    House house;
    const auto client = house.connect(false);
    house.ask_for_tls(*client, std::string(client_header) + make_plain("mallory", "x") + std::string(client_header) +
                                   std::string(bind_balcony) + "<message id='injected' to='a@localhost'/>");
    REQUIRE(house.shake_hands(*client));
    house.log_in(*client);
    client->say("<message id='mine' to='a@localhost'/>");
    CHECK(house.until([&] { return !house.stanzas.empty(); }));
    CHECK(house.stanzas == std::vector<std::string>{"mine"});
    CHECK(house.logins == std::vector<std::string>{"romeo"});
}

TEST_CASE("what is sent in the clear after <proceed/> is no handshake, and ends the connection [RFC 6120 §5.4.3.2]") {
    House house;
    const auto client = house.connect(false);
    house.ask_for_tls(*client);
    client->say_raw(std::string(client_header) + make_plain("mallory", "x"));
    CHECK(house.until([&] { return house.connections.empty(); }));
    CHECK(house.logins.empty());
}

TEST_CASE("plain text under TLS ends that connection, and no other") {
    House house;
    const auto client = house.connect(true), other = house.connect(true);
    REQUIRE(house.shake_hands(*client));
    REQUIRE(house.shake_hands(*other));
    house.log_in(*client);
    house.log_in(*other);
    client->say_raw("<message to='a@localhost' id='plain'/>");
    CHECK(house.until([&] { return house.connections.size() == 1; }));
    CHECK(house.ends.size() == 1);
    CHECK(house.ends[0].starts_with("TLS: "));
    other->say("<message to='a@localhost' id='secret'/>");
    CHECK(house.until([&] { return house.stanzas == std::vector<std::string>{"secret"}; }));
}

TEST_CASE("half a handshake and then silence ends in the time that a login has") {
    for (const bool is_direct : {true, false}) {
        House house;
        const auto client = house.connect(is_direct);
        if (!is_direct)
            house.ask_for_tls(*client);
        client->heard.clear();
        client->say_raw(std::string_view("\x16\x03\x01\x01\x00\x01", 6));
        house.io.run_for(20ms);
        CHECK(house.connections.size() == 1);
        house.later = 27s;
        house.io.run_for(1100ms);  // one tick of the connection's
        CHECK(house.connections.size() == 1);
        house.later = 31s;
        CHECK(house.until([&] { return house.connections.empty(); }));
        client->read();
        CHECK(client->is_closed);
        CHECK(client->heard.empty());  // nothing in the clear
    }
}

TEST_CASE("a handshake is not begun before its time, and is then as any other") {
    for (const bool is_direct : {true, false}) {
        House house;
        house.reserve = [&] { return house.now().tick + 10s; };
        const auto client = house.connect(is_direct);
        if (!is_direct)
            house.ask_for_tls(*client);
        CHECK(!client->shake_hands());
        house.io.run_for(50ms);
        CHECK(!client->shake_hands());
        const auto other = house.connect(false);  // who goes on meanwhile
        other->say_raw(client_header);
        CHECK(house.until_heard(*other, "</stream:features>"));
        house.later = 11s;
        CHECK(house.shake_hands(*client));
        house.log_in(*client);
    }
}

TEST_CASE("a handshake whose time never comes ends with the time of the login") {
    House house;
    house.reserve = [] { return Tick::max(); };
    const auto client = house.connect(true);
    client->shake_hands();
    house.later = 31s;
    CHECK(house.until([&] { return house.connections.empty(); }));
}

TEST_CASE("who is put out in the middle of a handshake hears nothing in the clear") {
    House house;
    const auto client = house.connect(true);
    house.io.run_for(5ms);
    house.connection().drop("resource-constraint", "others wait");
    CHECK(house.until([&] { return house.connections.empty(); }));
    client->read();
    CHECK(client->is_closed);
    CHECK(client->heard.empty());
}

TEST_CASE("much output goes through TLS whole, to a client that takes it slowly") {
    House house;
    house.options.limits.session_queue_bytes = 16 * 1024 * 1024;
    const auto client = house.connect(true);
    REQUIRE(house.shake_hands(*client));
    house.log_in(*client);
    std::string said;
    for (int i = 0; i < 3000; ++i) {
        const std::string stanza = "<message id='" + std::to_string(i) + "'>" + std::string(1000, 'x') + "</message>";
        house.only().send(stanza);
        said += stanza;
    }
    CHECK(house.until_heard(*client, "<message id='2999'>"));
    house.io.run_for(10ms);
    client->read();
    CHECK(client->heard == said);
}

TEST_CASE("much input through TLS is heard whole, records larger than a read included") {
    House house;
    house.options.limits.stanzas_per_second = 0;
    const auto client = house.connect(true);
    REQUIRE(house.shake_hands(*client));
    house.log_in(*client);
    for (int i = 0; i < 200; ++i) {
        client->say("<message to='a@localhost' id='" + std::to_string(i) + "'>" + std::string(14'000, 'x') +
                    "</message>");
        house.io.run_for(1ms);
    }
    CHECK(house.until([&] { return house.stanzas.size() == 200; }));
    CHECK(house.stanzas.back() == "199");
}

TEST_CASE("a peer beyond its rate is read later also where TLS has read its bytes already") {
    House house;
    house.options.limits.stanzas_per_second = 20;
    const auto client = house.connect(true);
    REQUIRE(house.shake_hands(*client));
    house.log_in(*client);
    std::string flood;
    for (int i = 0; i < 60; ++i)
        flood += "<message to='a@localhost' id='" + std::to_string(i) + "'/>";
    client->say(flood);  // one record
    CHECK(house.until([&] { return house.stanzas.size() == 60; }));
    CHECK(house.stanzas.back() == "59");
}

TEST_CASE("a certificate that is replaced is shown to those who come, and ends nobody's session") {
    House house;
    const auto before = house.connect(true);
    REQUIRE(house.shake_hands(*before));
    house.log_in(*before);
    house.context = load(issue({.common_name = "renewed"}));
    const auto after = house.connect(true);
    REQUIRE(house.shake_hands(*after));
    CHECK(before->certificate_name() == "house");
    CHECK(after->certificate_name() == "renewed");
    before->say("<message to='a@localhost' id='still here'/>");
    CHECK(house.until([&] { return house.stanzas == std::vector<std::string>{"still here"}; }));
}

TEST_CASE("renegotiation is refused, and costs nobody else [RFC 9325 §3.5]") {
    House house;
    const auto client = house.connect(true, {.version = TLS1_2_VERSION}), other = house.connect(true);
    REQUIRE(house.shake_hands(*client));
    REQUIRE(house.shake_hands(*other));
    CHECK(!client->renegotiate());
    house.io.run_for(20ms);
    CHECK(!client->renegotiate());
    CHECK(client->error == "no renegotiation");
    house.log_in(*other);
}

TEST_CASE("a wire is released in the middle of reading, and goes on under another session") {
    House house;
    std::optional<Wire> wire;
    std::function<void()> react = [&] { wire = house.connections.at(1)->release(); };
    house.host.on_stanza = [&](Session&, const Element& stanza, std::uint64_t) {
        house.stanzas.emplace_back(stanza.attribute("id"));
        react();
    };
    const auto client = house.connect(true);
    REQUIRE(house.shake_hands(*client));
    house.log_in(*client);
    // One record of which one read takes the first stanza alone: TLS keeps the rest.
    house.options.limits.bytes_per_second = 8192;
    std::string record = "<message to='a@localhost' id='first'/>";
    record.resize(house.only().bytes_at_once(), ' ');
    client->say(record + std::string(client_header) + make_plain("juliet", "x") + std::string(client_header) +
                std::string(bind_balcony));
    CHECK(house.until([&] { return wire.has_value(); }));
    CHECK(!house.connections.at(1)->release());
    house.connections.clear();
    house.sessions.clear();
    CHECK(house.ends.empty());
    CHECK(wire->has_pending());
    react = [] {};
    const auto number = ++house.numbers;
    house.attach(std::move(*wire), std::make_unique<Session>(number, house.options, house.host, house.now()));
    CHECK(house.until_heard(*client, "<jid>juliet@localhost/balcony</jid>"));
    CHECK(house.connection().protocol() == "TLS 1.3");
    CHECK(house.stanzas == std::vector<std::string>{"first"});
}

TEST_CASE("a wire is not released from a stream that is over, nor from the middle of a handshake") {
    House house;
    const auto client = house.connect(true);
    house.io.run_for(5ms);
    CHECK(!house.connection().release());
    REQUIRE(house.shake_hands(*client));
    house.log_in(*client);
    house.only().close();
    CHECK(!house.connection().release());
    CHECK(house.until_closed(*client));
}
