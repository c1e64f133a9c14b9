#include "gateway/listeners.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "gateway/housed.hpp"
#include "xmpp/listen_url.hpp"
#include "xmpp/tls_client.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

/// A certificate's files, which can be renewed.
struct Files {
    TemporaryFolder folder;
    Config config;

    explicit Files(std::vector<std::string> urls, std::optional<bool> required = {}) {
        renew("house");
        config.listen.clear();
        for (auto& url : urls)
            config.listen.push_back({std::move(url)});
        config.tls = TlsConfig{folder.path("tls.crt"), folder.path("tls.key"), {}, required};
    }
    void renew(const std::string& name) const {
        const auto issued = issue({.common_name = name});
        folder.write("tls.crt", issued.certificate_pem());
        folder.write("tls.key", issued.key_pem());
    }
};

int connect_to(const std::string& url) {
    const auto where = ListenUrl::parse(url).value();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(where.port);
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return socket;
}

template <class Condition>
bool until(Housed& house, Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (!condition() && std::chrono::steady_clock::now() < end)
        house.hub->poll();
    return condition();
}

bool shake_hands(Housed& house, TlsClient& client) {
    return until(house, [&] { return client.shake_hands() || client.is_closed; }) && !client.is_closed;
}

/// What a client hears first, in the clear.
std::string greeting(Housed& house, const std::string& url) {
    TlsClient client(connect_to(url));
    client.say_raw(
        "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
        "xmlns:stream='http://etherx.jabber.org/streams'>");
    until(house, [&] {
        client.read();
        return client.is_closed || client.heard.find("</stream:features>") != std::string::npos;
    });
    return client.heard;
}

std::string refusal(const Config& config) {
    Housed house(1, config);
    const auto opened = Listeners::open(*house.hub);
    return opened ? std::string() : opened.error().text;
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("STARTTLS is absent without a certificate, offered on the loopback, and required elsewhere or when told") {
    constexpr std::string_view offered = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'", required = "<required/>";
    const auto features = [](const Config& config) {
        Housed house(1, config);
        const auto listeners = Listeners::open(*house.hub).value();
        return greeting(house, listeners->urls().at(0));
    };
    Files local({"xmpp://127.0.0.1:0"}), open({"xmpp://0.0.0.0:0"}), told({"xmpp://127.0.0.1:0"}, true),
        relaxed({"xmpp://0.0.0.0:0"}, false);
    CHECK(holds(features(local.config), offered));
    CHECK(!holds(features(local.config), required));
    CHECK(holds(features(open.config), required));
    CHECK(holds(features(told.config), required));
    CHECK(holds(features(relaxed.config), offered));
    CHECK(!holds(features(relaxed.config), required));
    local.config.tls.reset();
    CHECK(holds(features(local.config), "</stream:features>"));
    CHECK(!holds(features(local.config), offered));
}

TEST_CASE("xmpps shakes hands first, beside xmpp with the same certificate [XEP-0368 §3]") {
    const Files files({"xmpp://127.0.0.1:0", "xmpps://127.0.0.1:0"});
    Housed house(2, files.config);
    const auto listeners = Listeners::open(*house.hub).value();
    CHECK(listeners->urls().at(1).starts_with("xmpps://127.0.0.1:"));
    TlsClient client(connect_to(listeners->urls().at(1)), {.alpn = "\x0bxmpp-client"});
    CHECK(shake_hands(house, client));
    CHECK(client.certificate_name() == "house");
}

TEST_CASE("certificates are read again for those who come, and nobody goes; where they are wrong all stays") {
    const Files files({"xmpps://127.0.0.1:0"});
    Housed house(2, files.config);
    const auto listeners = Listeners::open(*house.hub).value();
    const auto shown = [&] {
        TlsClient client(connect_to(listeners->urls().at(0)));
        CHECK(shake_hands(house, client));
        return client.certificate_name();
    };
    TlsClient client(connect_to(listeners->urls().at(0)));
    CHECK(shake_hands(house, client));
    files.renew("renewed");
    CHECK(shown() == "house");
    CHECK(listeners->reload_certificates().has_value());
    house.hub->poll();
    CHECK(shown() == "renewed");
    files.folder.write("tls.crt", "");
    const auto reloaded = listeners->reload_certificates();
    REQUIRE(!reloaded.has_value());
    CHECK(reloaded.error().text.starts_with("/tls/certificate: " + files.folder.path("tls.crt") + ": has no certif"));
    house.hub->poll();
    CHECK(shown() == "renewed");
    client.say(
        "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
        "xmlns:stream='http://etherx.jabber.org/streams'>");
    CHECK(until(house, [&] {
        client.read();
        return holds(client.heard, "</stream:features>");
    }));
}

TEST_CASE("listeners that want what is not there are refused with the configuration's key") {
    Files files({"xmpp://127.0.0.1:0", "xmpps://127.0.0.1:0"});
    CHECK(refusal(files.config).empty());
    files.folder.write("tls.key", "");
    CHECK(holds(refusal(files.config), "/tls/key: "));
    files.config.tls.reset();
    CHECK(holds(refusal(files.config), "/listen/1: xmpps://127.0.0.1:0 needs a certificate: want \"tls\": {"));
}

TEST_CASE("who is turned away from an xmpps listener hears nothing in the clear") {
    Files files({"xmpps://127.0.0.1:0"});
    files.config.limits.connections = 1;
    Housed house(1, files.config);
    const auto listeners = Listeners::open(*house.hub).value();
    TlsClient first(connect_to(listeners->urls().at(0)));
    CHECK(shake_hands(house, first));
    TlsClient second(connect_to(listeners->urls().at(0)));
    CHECK(until(house, [&] {
        second.read();
        return second.is_closed;
    }));
    CHECK(second.heard.empty());
}

TEST_CASE("handshakes beyond the pace wait, and one that is slow costs nobody else") {
    Files files({"xmpps://127.0.0.1:0"});
    files.config.limits.handshakes_per_second = 2;
    Housed house(1, files.config);
    const auto listeners = Listeners::open(*house.hub).value();
    std::vector<std::unique_ptr<TlsClient>> clients;
    for (int i = 0; i < 3; ++i)
        clients.push_back(std::make_unique<TlsClient>(connect_to(listeners->urls().at(0))));
    CHECK(shake_hands(house, *clients[1]));  // while the first is silent
    const auto is_served = [&] { return clients[2]->shake_hands(); };
    for (int i = 0; i < 100; ++i) {
        house.hub->poll();
        CHECK(!is_served());
    }
    CHECK(house.hub->admission().counts().delayed_handshakes == 1);
    house.now.tick += 501ms;
    CHECK(until(house, is_served));
}
