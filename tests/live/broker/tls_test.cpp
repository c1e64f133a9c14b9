#include <doctest/doctest.h>

#include <fstream>

#include "adapter.hpp"
#include "mosquitto.hpp"

using namespace mucbridge;

namespace {

/// Makes NAME.pem and NAME.key in the folder: an authority of its own.
void make_authority(const TemporaryFolder& folder, const std::string& name) {
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" + name + " -keyout " +
        (folder / (name + ".key")) + " -out " + (folder / (name + ".pem")));
}

/// Makes NAME.pem and NAME.key, signed by the authority, for these names.
void make_certificate(const TemporaryFolder& folder, const std::string& authority, const std::string& name,
                      const std::string& alternatives) {
    const auto file = [&](const std::string& ending) { return folder / (name + ending); };
    std::ofstream(file(".ext")) << "subjectAltName=" << alternatives << "\n";
    run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name + " -keyout " +
        file(".key") + " -out " + file(".csr"));
    run("openssl x509 -req -days 2 -in " + file(".csr") + " -CA " + (folder / (authority + ".pem")) + " -CAkey " +
        (folder / (authority + ".key")) + " -CAcreateserial -extfile " + file(".ext") + " -out " + file(".pem"));
}

/// mosquitto with TLS, its certificate for "localhost" by authority "good".
struct TlsServer {
    Mosquitto server;
    explicit TlsServer(const std::string& more = "", const std::string& more_names = "")
        : server("allow_anonymous true\ncafile FOLDERgood.pem\ncertfile FOLDERserver.pem\nkeyfile FOLDERserver.key\n" +
                 more) {
        make_authority(server.folder(), "good");
        make_authority(server.folder(), "other");
        make_certificate(server.folder(), "good", "server", "DNS:localhost" + more_names);
        server.start();
    }
    std::string url(const std::string& host) const { return "mqtts://" + host + ":" + std::to_string(server.port()); }
    std::string file(const std::string& name) const { return server.folder() / name; }
};

}  // namespace

TEST_CASE("mqtts with the right authority and name connects, and carries lines [MQTT over TLS]") {
    const TlsServer tls;
    Adapter adapter(tls.url("localhost"), [&](BrokerConfig& config) { config.ca_file = tls.file("good.pem"); });
    REQUIRE(adapter.connect() == "up");
    CHECK(adapter.facts().protocol == "MQTT 5");
    CHECK(adapter.publish("a", "x") == "accepted");
}

TEST_CASE("mqtts with a wrong authority, or none, or a wrong name is refused in words") {
    const TlsServer tls;
    Adapter other(tls.url("localhost"), [&](BrokerConfig& config) { config.ca_file = tls.file("other.pem"); });
    CHECK(shown(other.connect()) ==
          doctest::Contains((tls.url("localhost") + ": TLS: certificate verify failed").c_str()));
    Adapter system(tls.url("localhost"));
    CHECK(shown(system.connect()) ==
          doctest::Contains((tls.url("localhost") + ": TLS: certificate verify failed").c_str()));
    Adapter name(tls.url("127.0.0.1"), [&](BrokerConfig& config) { config.ca_file = tls.file("good.pem"); });
    CHECK(shown(name.connect()) == doctest::Contains("TLS: certificate verify failed: IP address mismatch"));
    CHECK(name.downs().size() == 1);
    Adapter trusting(tls.url("127.0.0.1"), [&](BrokerConfig& config) { config.verify = false; });
    CHECK(trusting.connect() == "up");
}

TEST_CASE("mqtts to an address connects where the certificate names the address") {
    const TlsServer tls("", ",IP:127.0.0.1");
    Adapter adapter(tls.url("127.0.0.1"), [&](BrokerConfig& config) { config.ca_file = tls.file("good.pem"); });
    CHECK(adapter.connect() == "up");
}

TEST_CASE("mqtts with a client certificate, and without the one that the broker wants") {
    const TlsServer tls("require_certificate true\n");
    make_certificate(tls.server.folder(), "good", "gateway", "DNS:gateway");
    Adapter known(tls.url("localhost"), [&](BrokerConfig& config) {
        config.ca_file = tls.file("good.pem");
        config.certificate = tls.file("gateway.pem");
        config.key = tls.file("gateway.key");
    });
    CHECK(known.connect() == "up");
    Adapter unknown(tls.url("localhost"), [&](BrokerConfig& config) { config.ca_file = tls.file("good.pem"); });
    CHECK(shown(unknown.connect()) == doctest::Contains((tls.url("localhost") + ": TLS: ").c_str()));
}

TEST_CASE("a TLS file that is not there is named") {
    const TlsServer tls;
    Adapter adapter(tls.url("localhost"), [](BrokerConfig& config) { config.ca_file = "/nowhere/ca.pem"; });
    CHECK(shown(adapter.connect()) == doctest::Contains("/nowhere/ca.pem"));
}

TEST_CASE("TLS spoken to a broker without it, and the other way round, ends in words") {
    Mosquitto plain;
    plain.start();
    const auto url = "mqtts://127.0.0.1:" + std::to_string(plain.port());
    CHECK(shown(Adapter(url).connect()) == doctest::Contains((url + ": TLS: ").c_str()));
    const TlsServer tls;
    const auto wrong = "mqtt://127.0.0.1:" + std::to_string(tls.server.port());
    CHECK(Adapter(wrong).connect() == wrong + ": the broker closed the connection before it answered");
}
