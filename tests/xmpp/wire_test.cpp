#include "xmpp/wire.hpp"

#include <array>
#include <optional>

#include "talk.hpp"
#include "tls_client.hpp"
#include "xmpp/tls_context.hpp"

using namespace mucbridge;

namespace {

std::shared_ptr<const TlsContext> load(const Issued& issued, const Issued* authority = nullptr) {
    const TemporaryFolder folder;
    TlsConfig config;
    config.certificate = folder.write("tls.crt", issued.certificate_pem());
    config.key = folder.write("tls.key", issued.key_pem());
    if (authority != nullptr)
        config.client_ca = folder.write("ca.crt", authority->certificate_pem());
    auto loaded = TlsContext::load(config);
    REQUIRE(loaded.has_value());
    return *loaded;
}

/// Two ends of a socket.
struct Pair {
    explicit Pair(const TlsClient::Options& options = {}) {
        int pair[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
        client.emplace(pair[0], options);
        wire.emplace(pair[1]);
    }
    /// How the server's part of the handshake went.
    Wire::Outcome shake_hands(const TlsContext& context) {
        REQUIRE(wire->start_tls(context));
        bool is_client_done = false;
        Wire::Outcome step{Wire::State::wants_read};
        for (int i = 0; i < 20 && !(is_client_done && step.state == Wire::State::done); ++i) {
            is_client_done = is_client_done || client->shake_hands();
            if (step.state == Wire::State::wants_read)
                step = wire->shake_hands();
        }
        return step;
    }
    std::string receive() {
        std::array<char, 16384> bytes;
        std::string out;
        for (;;) {
            const auto got = wire->receive(bytes);
            if (got.state != Wire::State::done)
                return out;
            out.append(bytes.data(), got.count);
        }
    }

    std::optional<TlsClient> client;
    std::optional<Wire> wire;
};

/// What a server that speaks this has in common with a client, or the client's error.
std::string greeted(const TlsClient::Options& options, const TlsContext& context) {
    Pair pair(options);
    if (pair.shake_hands(context).state == Wire::State::done)
        return pair.wire->protocol();
    pair.client->shake_hands();
    return pair.client->error;
}

const Issued& house() {
    static const Issued issued = issue({.common_name = "house", .dns = {"localhost"}});
    return issued;
}

}  // namespace

TEST_CASE("a wire without TLS carries bytes, and its end is known") {
    Pair pair;
    pair.client->say_raw("but soft");
    CHECK(pair.receive() == "but soft");
    CHECK(pair.wire->send("what light").count == 10);
    pair.client->read();
    CHECK(pair.client->heard == "what light");
    CHECK(pair.wire->protocol().empty());
    CHECK(!pair.wire->channel().is_encrypted);
    pair.client.reset();
    std::array<char, 8> bytes;
    CHECK(pair.wire->receive(bytes).state == Wire::State::closed);
    const auto sent = pair.wire->send("x");  // and raises no signal
    CHECK(sent.state == Wire::State::failed);
    CHECK(sent.why == "Broken pipe");
}

TEST_CASE("TLS 1.2 and 1.3 are spoken, nothing older [RFC 7590 §3.1, RFC 8996]") {
    const auto context = load(house());
    CHECK(greeted({.version = TLS1_3_VERSION}, *context) == "TLS 1.3");
    CHECK(greeted({.version = TLS1_2_VERSION}, *context) == "TLS 1.2");
    CHECK(greeted({.version = TLS1_1_VERSION, .ciphers = "DEFAULT@SECLEVEL=0"}, *context) ==
          "tlsv1 alert protocol version");
    CHECK(greeted({.version = TLS1_VERSION, .ciphers = "DEFAULT@SECLEVEL=0"}, *context) ==
          "tlsv1 alert protocol version");
}

TEST_CASE("ciphers without forward secrecy or authenticated encryption are refused [RFC 9325 §4.2]") {
    const auto context = load(issue({.kind = "RSA"}));
    CHECK(greeted({.version = TLS1_2_VERSION}, *context) == "TLS 1.2");
    CHECK(greeted({.version = TLS1_2_VERSION, .ciphers = "AES128-GCM-SHA256"}, *context) ==
          "sslv3 alert handshake failure");
    CHECK(greeted({.version = TLS1_2_VERSION, .ciphers = "ECDHE-RSA-AES128-SHA"}, *context) ==
          "sslv3 alert handshake failure");
}

TEST_CASE("ALPN: who asks gets xmpp-client or nothing, who does not ask is served [XEP-0368 §3, RFC 7301 §3.2]") {
    const auto context = load(house());
    Pair pair({.alpn = "\x08http/1.1\x0bxmpp-client"});
    CHECK(pair.shake_hands(*context).state == Wire::State::done);
    CHECK(pair.client->chosen_protocol() == "xmpp-client");
    CHECK(greeted({}, *context) == "TLS 1.3");
    CHECK(greeted({.alpn = "\x08http/1.1"}, *context) == "tlsv1 alert no application protocol");
    CHECK(greeted({.alpn = "\x0bxmpp-server\x0cxmpp-clients\x0axmpp-clien"}, *context) ==
          "tlsv1 alert no application protocol");
}

TEST_CASE("whatever server name is asked for, the certificate is the same [RFC 6066 §3]") {
    const auto context = load(house());
    for (const auto* name : {"localhost", "elsewhere.example"}) {
        Pair pair({.server_name = name});
        CHECK(pair.shake_hands(*context).state == Wire::State::done);
        CHECK(pair.client->certificate_name() == "house");
    }
}

TEST_CASE("tls-exporter is the same at both ends [RFC 9266 §4]") {
    const auto context = load(house());
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        Pair pair({.version = version});
        CHECK(pair.shake_hands(*context).state == Wire::State::done);
        const Channel channel = pair.wire->channel();
        CHECK(channel.is_encrypted);
        CHECK(channel.starttls == Channel::Starttls::absent);
        CHECK(channel.tls_exporter.size() == 32);
        CHECK(channel.tls_exporter == pair.client->exported());
    }
}

TEST_CASE("without an extended master secret there is neither tls-exporter nor tls-unique [RFC 9266 §4.2]") {
    Pair pair({.version = TLS1_2_VERSION});
    SSL_set_options(pair.client->tls, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    CHECK(pair.shake_hands(*load(house())).state == Wire::State::done);
    CHECK(pair.wire->channel().tls_exporter.empty());
    CHECK(pair.wire->channel().tls_unique.empty());
    CHECK(!pair.wire->channel().tls_server_end_point.empty());
}

TEST_CASE("tls-unique is the client's Finished, whatever the version [RFC 5929 §3.1]") {
    const auto context = load(house());
    Pair older({.version = TLS1_2_VERSION});
    CHECK(older.shake_hands(*context).state == Wire::State::done);
    CHECK(older.wire->channel().tls_unique.size() == 12);
    CHECK(older.wire->channel().tls_unique == older.client->finished());
    Pair newer;
    CHECK(newer.shake_hands(*context).state == Wire::State::done);
    CHECK(!newer.wire->channel().tls_unique.empty());
    CHECK(newer.wire->channel().tls_unique == newer.client->finished());
}

TEST_CASE("no session is resumed: the second handshake is a full one") {
    const auto context = load(house());
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        Pair first({.version = version}), second({.version = version});
        CHECK(first.shake_hands(*context).state == Wire::State::done);
        SSL_SESSION* session = SSL_get1_session(first.client->tls);
        SSL_set_session(second.client->tls, session);
        SSL_SESSION_free(session);
        CHECK(second.shake_hands(*context).state == Wire::State::done);
        CHECK(SSL_session_reused(second.client->tls) == 0);
    }
}

TEST_CASE("tls-server-end-point hashes the certificate as its signature does, but not with SHA-1 [RFC 5929 §4.1]") {
    const auto end_point = [](const Issued& issued) {
        Pair pair;
        CHECK(pair.shake_hands(*load(issued)).state == Wire::State::done);
        return pair.wire->channel().tls_server_end_point;
    };
    const auto digest = [](const Issued& issued, const EVP_MD* hash) {
        std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
        unsigned size = 0;
        X509_digest(issued.certificate.get(), hash, bytes.data(), &size);
        return std::string(reinterpret_cast<const char*>(bytes.data()), size);
    };
    const auto sha256 = issue({}), sha384 = issue({.hash = EVP_sha384()}), sha512 = issue({.hash = EVP_sha512()});
    CHECK(end_point(sha256) == digest(sha256, EVP_sha256()));
    CHECK(end_point(sha384) == digest(sha384, EVP_sha384()));
    CHECK(end_point(sha512) == digest(sha512, EVP_sha512()));
    CHECK(end_point(issue({.kind = "ED25519"})).empty());
    const auto authority = issue({.is_authority = true, .kind = "ED25519"});
    CHECK(end_point(issue({}, &authority)).empty());
    const auto sha1 = issue({.hash = EVP_sha1(), .kind = "RSA"});
    CHECK(end_point(sha1) == digest(sha1, EVP_sha256()));
}

TEST_CASE("a client's certificate counts where the configured authority signed it, and is no obstacle [XEP-0178 §2]") {
    const auto authority = issue({.common_name = "authority", .is_authority = true});
    const auto stranger = issue({.common_name = "authority", .is_authority = true});
    const auto asking = load(house(), &authority), not_asking = load(house());
    const auto certified = [](const TlsContext& context, const Issued* issued, int version) {
        Pair pair({.version = version, .issued = issued});
        CHECK(pair.shake_hands(context).state == Wire::State::done);
        return pair.wire->channel().certified;
    };
    const std::vector<Jid> romeo{*Jid::parse("romeo@localhost")};
    const auto known = issue({.xmpp = {"romeo@localhost"}}, &authority);
    const auto self_signed = issue({.xmpp = {"romeo@localhost"}});
    const auto strangers = issue({.xmpp = {"romeo@localhost"}}, &stranger);
    const auto expired = issue({.xmpp = {"romeo@localhost"}, .from_days = -20, .to_days = -10}, &authority);
    const auto early = issue({.xmpp = {"romeo@localhost"}, .from_days = 10}, &authority);
    const auto nameless = issue({.dns = {"localhost"}}, &authority);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        CHECK(certified(*asking, &known, version) == romeo);
        CHECK(certified(*not_asking, &known, version).empty());
        CHECK(certified(*asking, nullptr, version).empty());
        for (const Issued* worthless : {&self_signed, &strangers, &expired, &early, &nameless})
            CHECK(certified(*asking, worthless, version).empty());
    }
}

TEST_CASE("what the files lack is said with the configuration's key") {
    const TemporaryFolder folder;
    const auto issued = issue({});
    const auto certificate = folder.write("tls.crt", issued.certificate_pem());
    const auto key = folder.write("tls.key", issued.key_pem());
    const auto refusal = [](const TlsConfig& config) {
        const auto loaded = TlsContext::load(config);
        return loaded ? std::string() : loaded.error().text;
    };
    CHECK(refusal({certificate, key, {}, {}}).empty());
    CHECK(refusal({"/nowhere/tls.crt", key, {}, {}}) ==
          "/tls/certificate: /nowhere/tls.crt: cannot be read: No such file or directory");
    CHECK(holds(refusal({key, key, {}, {}}), "/tls/certificate: " + key + ": has no certificate in it"));
    CHECK(holds(refusal({certificate, certificate, {}, {}}), "/tls/key: " + certificate + ": has no private key"));
    CHECK(holds(refusal({certificate, folder.write("other.key", issue({}).key_pem()), {}, {}}),
                "other.key: is not the key of the first certificate in " + certificate));
    CHECK(holds(refusal({certificate, folder.write("locked.key", issued.key_pem("open sesame")), {}, {}}),
                "/tls/key: " + folder.path("locked.key") + ": is encrypted"));
    CHECK(holds(refusal({certificate, key, key, {}}), "/tls/client_ca: " + key + ": has no certificate"));
}

TEST_CASE("a chain is shown whole, and any key may have signed it") {
    const auto root = issue({.common_name = "root", .is_authority = true, .kind = "RSA"});
    const auto middle = issue({.common_name = "middle", .is_authority = true}, &root);
    const auto leaf = issue({.common_name = "leaf"}, &middle);
    const TemporaryFolder folder;
    TlsConfig config;
    config.certificate = folder.write("tls.crt", leaf.certificate_pem() + "\n" + middle.certificate_pem());
    config.key = folder.write("tls.key", leaf.key_pem());
    const auto context = TlsContext::load(config);
    REQUIRE(context.has_value());
    Pair pair;
    CHECK(pair.shake_hands(**context).state == Wire::State::done);
    CHECK(pair.client->certificate_name() == "leaf");
    CHECK(sk_X509_num(SSL_get_peer_cert_chain(pair.client->tls)) == 2);
}

TEST_CASE("bytes that TLS has read already are there though the socket is empty") {
    Pair pair;
    CHECK(pair.shake_hands(*load(house())).state == Wire::State::done);
    CHECK(!pair.wire->has_pending());
    pair.client->say("but soft, what light");
    std::array<char, 8> bytes;
    CHECK(pair.wire->receive(bytes).count == 8);
    CHECK(pair.wire->has_pending());
    Wire moved = std::move(*pair.wire);
    CHECK(moved.has_pending());
    CHECK(moved.receive(bytes).count == 8);
    CHECK(moved.receive(bytes).count == 4);
    CHECK(!moved.has_pending());
    CHECK(moved.receive(bytes).state == Wire::State::wants_read);
    CHECK(pair.wire->native_handle() == -1);
}

TEST_CASE("more than the socket takes is sent in parts, from wherever the rest has moved to") {
    Pair pair;
    CHECK(pair.shake_hands(*load(house())).state == Wire::State::done);
    std::string unsent;
    for (int i = 0; unsent.size() < 3'000'000; ++i)
        unsent += std::to_string(i) + ' ';
    const std::string all = unsent;
    std::size_t waits = 0;
    while (!unsent.empty()) {
        const auto sent = pair.wire->send(unsent);
        if (sent.state == Wire::State::done) {
            unsent = std::string(unsent.substr(sent.count));
            continue;
        }
        REQUIRE(sent.state == Wire::State::wants_write);
        ++waits;
        unsent = std::string(unsent) + "";
        pair.client->read();
    }
    pair.client->read();
    CHECK(waits > 0);
    CHECK(pair.client->heard == all);
}

TEST_CASE("an end is told by close_notify, and by the peer's; a cut is an end too") {
    Pair pair;
    CHECK(pair.shake_hands(*load(house())).state == Wire::State::done);
    std::array<char, 8> bytes;
    CHECK(pair.wire->shut_down());
    pair.client->read();
    CHECK(pair.client->is_closed);
    CHECK((SSL_get_shutdown(pair.client->tls) & SSL_RECEIVED_SHUTDOWN) != 0);
    pair.client->say("still here");
    CHECK(pair.receive() == "still here");
    SSL_shutdown(pair.client->tls);
    CHECK(pair.wire->receive(bytes).state == Wire::State::closed);
    Pair cut;
    CHECK(cut.shake_hands(*load(house())).state == Wire::State::done);
    cut.client->vanish();
    CHECK(cut.wire->receive(bytes).state == Wire::State::closed);
}

TEST_CASE("renegotiation is refused, in TLS 1.2 as it does not exist in 1.3 [RFC 9325 §3.5]") {
    Pair pair({.version = TLS1_2_VERSION});
    CHECK(pair.shake_hands(*load(house())).state == Wire::State::done);
    CHECK(!pair.client->renegotiate());
    pair.receive();
    CHECK(!pair.client->renegotiate());
    CHECK(pair.client->error == "no renegotiation");
}

TEST_CASE("keys are changed in mid-conversation, as often as the peer asks, and no byte is lost [RFC 8446 §4.6.3]") {
    Pair pair;
    CHECK(pair.shake_hands(*load(house())).state == Wire::State::done);
    for (int i = 0; i < 100; ++i) {
        CHECK(SSL_key_update(pair.client->tls, SSL_KEY_UPDATE_REQUESTED) == 1);
        pair.client->say("<" + std::to_string(i) + ">");
        CHECK(pair.receive().empty());  // the change itself is one turn of its own
        CHECK(pair.receive() == "<" + std::to_string(i) + ">");
        CHECK(pair.wire->send(std::to_string(i) + " ").state == Wire::State::done);
    }
    pair.client->read();
    CHECK(pair.client->heard.starts_with("0 1 2 "));
    CHECK(pair.client->heard.ends_with(" 98 99 "));
}

TEST_CASE("what is no TLS is refused in words") {
    for (const auto* bytes : {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "<?xml version='1.0'?><stream:stream>",
                              "\x16\x03\x01\xff\xff lots of it"}) {
        Pair pair;
        REQUIRE(pair.wire->start_tls(*load(house())));
        pair.client->say_raw(bytes);
        const auto step = pair.wire->shake_hands();
        CHECK(step.state == Wire::State::failed);
        CHECK(step.why.starts_with("TLS: "));
    }
    Pair silent;
    REQUIRE(silent.wire->start_tls(*load(house())));
    CHECK(silent.wire->shake_hands().state == Wire::State::wants_read);
    silent.client->vanish();
    CHECK(silent.wire->shake_hands().state == Wire::State::closed);
}

TEST_CASE("a handshake that is cut or damaged at any byte ends or waits, and no more") {
    const auto context = load(house());
    // What a client says first, and then after the answer, as the bytes of a whole handshake.
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    TlsClient client(pair[0], {.alpn = "\x0bxmpp-client", .server_name = "localhost"});
    client.shake_hands();
    std::array<char, 4096> bytes;
    const auto size = ::recv(pair[1], bytes.data(), bytes.size(), 0);
    ::close(pair[1]);
    REQUIRE(size > 100);
    const std::string hello(bytes.data(), static_cast<std::size_t>(size));
    for (std::size_t at = 0; at < hello.size(); ++at) {
        CAPTURE(at);
        Pair cut;
        REQUIRE(cut.wire->start_tls(*context));
        cut.client->say_raw(std::string_view(hello).substr(0, at));
        CHECK(cut.wire->shake_hands().state == Wire::State::wants_read);
        cut.client->vanish();
        CHECK(cut.wire->shake_hands().state == Wire::State::closed);

        Pair odd;
        REQUIRE(odd.wire->start_tls(*context));
        std::string damaged = hello;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
        odd.client->say_raw(damaged);
        const auto step = odd.wire->shake_hands();
        CHECK((step.state == Wire::State::wants_read || step.state == Wire::State::failed));
        CHECK(odd.wire->protocol().empty());
    }
}
