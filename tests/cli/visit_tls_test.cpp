#include <doctest/doctest.h>
#include <stdlib.h>

#include "cli/exit_code.hpp"
#include "cli/load_config.hpp"
#include "gateway/control.hpp"
#include "gateway/gateway.hpp"
#include "program.hpp"
#include "store/accounts.hpp"
#include "temporary_folder.hpp"
#include "xmpp/certificates.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono_literals;

/// A gateway at example.org with TLS and one account, in this process.
class House {
public:
    House() {
        const Issued authority = issue({.common_name = "authority", .is_authority = true});
        const Issued ours = issue({.common_name = "house", .dns = {"example.org"}}, &authority);
        folder.write("ca.crt", authority.certificate_pem());
        folder.write("tls.crt", ours.certificate_pem());
        folder.write("tls.key", ours.key_pem());
        file = folder.write("bridge.json", R"({"domain": "example.org", "login": "accounts", "loops": 1,
            "listen": ["xmpps://127.0.0.1:0", "xmpp://127.0.0.1:0"], "brokers": {"main": {"url": "memory:visit-tls"}},
            "tls": {"required": true, "certificate": ")" +
                                               folder.path("tls.crt") + R"(", "key": ")" + folder.path("tls.key") +
                                               R"("}, "state": ")" + folder.path("state") + "\"}");
        std::filesystem::create_directory(folder.path("state"));
        REQUIRE(Accounts::open(Accounts::path_in(folder.path("state")))->add("romeo", "art thou", {}).value());
        ConfigFlags flags;
        flags.file = file;
        auto made = Gateway::make(load_config(flags, {}).config);
        REQUIRE_MESSAGE(made.has_value(), made.error().text);
        gateway = std::move(*made);
        auto opened = ControlServer::open(control_path(folder.path("state")), [this] { return gateway->status(); });
        REQUIRE(opened.has_value());
        control = std::move(*opened);
        gateway->start();
        REQUIRE(run({"wait", "-c", file, "--timeout", "10"}).code == 0);
    }
    ~House() { gateway->stop(1s); }

    Outcome send(std::vector<std::string> more) const {
        std::vector<std::string> words{"send", "foo.bar@rooms.example.org", "hello", "--timeout", "10"};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    }
    std::string password_file(const std::string& password) const { return folder.write("password", password + "\n"); }

    TemporaryFolder folder;
    std::string file;
    std::unique_ptr<Gateway> gateway;
    std::unique_ptr<ControlServer> control;
};

}  // namespace

TEST_CASE("send logs in with an account, by SCRAM over TLS, at the gateway of its configuration") {
    const House house;
    const auto right =
        house.send({"-c", house.file, "--user", "romeo", "--password-file", house.password_file("art thou")});
    CHECK_MESSAGE(right.code == 0, right.errors);
    const auto wrong =
        house.send({"-c", house.file, "--user", "romeo", "--password-file", house.password_file("art not")});
    CHECK(wrong.code == exit_code::unavailable);
    CHECK(has(wrong.errors, "the server does not know this user and password"));
    const auto nobody = house.send({"-c", house.file});
    CHECK(nobody.code == exit_code::usage);
    CHECK(has(nobody.errors, "want --user"));
}

TEST_CASE("a password may come from the environment") {
    const House house;
    CHECK(has(house.send({"-c", house.file, "--user", "romeo"}).errors, "want --password-file, MUCBRIDGE_PASSWORD"));
    ::setenv("MUCBRIDGE_PASSWORD", "art thou", 1);
    const auto outcome = house.send({"-c", house.file, "--user", "romeo"});
    ::unsetenv("MUCBRIDGE_PASSWORD");
    CHECK_MESSAGE(outcome.code == 0, outcome.errors);
}

TEST_CASE(
    "a server whose certificate nobody trusted has signed, or that is another's, is not talked to [RFC 6120 §13.7]") {
    const House house;
    const auto server = house.gateway->listening().back();
    const auto password = house.password_file("art thou");
    const auto visit = [&](const std::string& domain, const std::string& authority) {
        return house.send({"--domain", domain, "--state", house.folder.path("elsewhere"), "--server", server, "--user",
                           "romeo", "--password-file", password, "--ca", house.folder.path(authority)});
    };
    const auto trusted = visit("example.org", "ca.crt");
    CHECK_MESSAGE(trusted.code == 0, trusted.errors);
    house.folder.write("other.crt", issue({.common_name = "other", .is_authority = true}).certificate_pem());
    const auto untrusted = visit("example.org", "other.crt");
    CHECK(untrusted.code == exit_code::unavailable);
    CHECK(has(untrusted.errors, "nobody trusted has signed the server's certificate"));
    CHECK(has(house.send({"--server", house.gateway->listening().front(), "--user", "romeo", "--password", "x"}).errors,
              "want a server that takes xmpp://"));
}

}  // namespace mucbridge
