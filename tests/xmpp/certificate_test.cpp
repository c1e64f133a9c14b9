#include "xmpp/certificate.hpp"

#include "certificates.hpp"
#include "talk.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

struct Read {
    TemporaryFolder folder;
    CertificateFacts facts;

    explicit Read(const Request& request)
        : facts(read_certificate(folder.write("tls.crt", issue(request).certificate_pem())).value()) {}
};

CertificateFacts named(std::vector<std::string> names) { return {std::move(names), {}, {}}; }

}  // namespace

TEST_CASE("a certificate's names are its alternative ones, DNS names and XMPP addresses [RFC 6120 §13.7.1]") {
    const Read read(
        {.common_name = "ignored.example", .dns = {"example.org", "*.example.org"}, .xmpp = {"im.example"}});
    CHECK(read.facts.names == std::vector<std::string>{"example.org", "*.example.org", "im.example"});
    CHECK(read.facts.is_for("im.example"));
    CHECK(!read.facts.is_for("ignored.example"));
}

TEST_CASE("a certificate without alternative names has its common name [RFC 6125 §6.4.4]") {
    const Read read({.common_name = "example.org"});
    CHECK(read.facts.names == std::vector<std::string>{"example.org"});
}

TEST_CASE("a certificate says from when to when it is good") {
    const Read read({.from_days = -10, .to_days = 20});
    const auto now = std::chrono::system_clock::now();
    CHECK(std::chrono::abs(read.facts.not_before - now + 240h) < 1min);
    CHECK(std::chrono::abs(read.facts.not_after - now - 480h) < 1min);
}

TEST_CASE("a wildcard is for one label, the leftmost, and case does not matter [RFC 6125 §6.4]") {
    const auto wild = named({"*.Example.ORG"});
    CHECK(wild.is_for("chat.example.org"));
    CHECK(wild.is_for("CHAT.example.org"));
    CHECK(!wild.is_for("example.org"));
    CHECK(!wild.is_for(".example.org"));
    CHECK(!wild.is_for("a.chat.example.org"));
    CHECK(!wild.is_for("chat.example.com"));
    CHECK(!named({"ch*.example.org"}).is_for("chat.example.org"));
    CHECK(!named({"*"}).is_for("localhost"));
    CHECK(!named({"*."}).is_for("localhost"));
    CHECK(!named({""}).is_for("localhost"));
    CHECK(named({"LOCALHOST"}).is_for("localhost"));
    CHECK(!named({std::string("example.org\0.evil.example", 24)}).is_for("example.org"));
    CHECK(!named({}).is_for("example.org"));
}

TEST_CASE("a file that has no certificate is refused in words that name it") {
    const TemporaryFolder folder;
    const auto refusal = [](const std::string& file) { return read_certificate(file).error().text; };
    const auto pem = issue({}).certificate_pem();
    CHECK(holds(refusal(folder.path("absent.crt")), "absent.crt: cannot be read: No such file or directory"));
    CHECK(holds(refusal(folder.path(".")), ": cannot be read: Is a directory"));
    CHECK(holds(refusal(folder.write("empty.crt", "")), "empty.crt: has no certificate in it"));
    CHECK(holds(refusal(folder.write("key.crt", issue({}).key_pem())), "key.crt: has no certificate in it"));
    CHECK(holds(refusal(folder.write("der.crt", std::string("\x30\x82\0\1", 4))), "has no certificate in it"));
    CHECK(holds(refusal(folder.write("cut.crt", pem.substr(0, pem.size() / 2))), "cut.crt: has a damaged certificate"));
    CHECK(
        holds(refusal(folder.write("second.crt", pem + pem.substr(0, 100))), "second.crt: has a damaged certificate"));
    CHECK(holds(refusal(folder.write("big.crt", std::string(2'000'000, '\n'))), "big.crt: is too long"));
}

TEST_CASE("a certificate that is cut or damaged anywhere is refused or read, never trusted to be whole") {
    const TemporaryFolder folder;
    const auto pem = issue({.dns = {"example.org"}, .xmpp = {"romeo@example.org"}}).certificate_pem();
    for (std::size_t at = 0; at + 1 < pem.size(); ++at) {
        CAPTURE(at);
        const auto cut = read_certificate(folder.write("cut.crt", pem.substr(0, at)));
        CHECK((!cut || cut->names.front() == "example.org"));
        std::string odd = pem;
        odd[at] = odd[at] == 'B' ? 'A' : 'B';
        const auto read = read_certificate(folder.write("odd.crt", odd));
        CHECK((read || !read.error().text.empty()));
    }
}

TEST_CASE("a key is the certificate's, or it is said what is wrong with it") {
    const TemporaryFolder folder;
    const auto mine = issue({}), other = issue({});
    const auto certificate = folder.write("tls.crt", mine.certificate_pem());
    const auto refusal = [&](const std::string& key) {
        const auto checked = check_key(certificate, key);
        return checked ? std::string() : checked.error().text;
    };
    CHECK(refusal(folder.write("right.key", mine.key_pem())).empty());
    CHECK(refusal(folder.write("both.pem", mine.certificate_pem() + mine.key_pem())).empty());
    CHECK(holds(refusal(folder.write("other.key", other.key_pem())), "other.key: is not the key of the first"));
    CHECK(holds(refusal(folder.write("rsa.key", issue({.kind = "RSA"}).key_pem())), "is not the key"));
    CHECK(holds(refusal(folder.write("locked.key", mine.key_pem("open sesame"))), "locked.key: is encrypted"));
    CHECK(holds(refusal(folder.write("none.key", mine.certificate_pem())), "none.key: has no private key in it"));
    CHECK(holds(refusal(folder.write("cut.key", mine.key_pem().substr(0, 80))), "cut.key: has a damaged private key"));
    CHECK(holds(refusal(folder.path("absent.key")), "absent.key: cannot be read"));
    CHECK(holds(check_key(folder.path("absent.crt"), certificate).error().text, "absent.crt: cannot be read"));
}

TEST_CASE("the XMPP addresses of a certificate, as far as they are addresses [XEP-0178 §2]") {
    const auto addresses = [](const std::vector<std::string>& texts) {
        return xmpp_addresses(*issue({.dns = {"d.example"}, .xmpp = texts}).certificate);
    };
    CHECK(addresses({}).empty());
    CHECK(addresses({"Romeo@Example.org", "juliet@example.org"}) ==
          std::vector<Jid>{*Jid::parse("romeo@example.org"), *Jid::parse("juliet@example.org")});
    CHECK(addresses({"a@", "", "@b", std::string("a\0@example.org", 14), "\xff@example.org"}).empty());
}
