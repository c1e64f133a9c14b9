#include <doctest/doctest.h>

#include <algorithm>

#include "cli/check_login.hpp"
#include "cli/check_tls.hpp"
#include "cli/exit_code.hpp"
#include "cli/load_config.hpp"
#include "program.hpp"
#include "store/accounts.hpp"
#include "temporary_folder.hpp"
#include "xmpp/certificates.hpp"

namespace mucbridge {
namespace {

using Texts = std::vector<std::string>;

/// A configuration beside a certificate for example.org.
class Site {
public:
    Site() { put(issue({.common_name = "x", .dns = {"example.org", "rooms.example.org"}})); }

    void put(const Issued& issued) const {
        folder.write("tls.crt", issued.certificate_pem());
        folder.write("tls.key", issued.key_pem());
    }
    std::string tls(const std::string& more = {}) const {
        return R"("tls": {"certificate": ")" + folder.path("tls.crt") + R"(", "key": ")" + folder.path("tls.key") +
               "\"" + more + "}";
    }
    Loaded load(const std::string& keys) const {
        ConfigFlags flags;
        flags.file = folder.write("bridge.json", R"({"domain": "example.org", "brokers": {"main": {"url": "memory:"}},
            "rules": [{"topic": "{name}", "who": {"read": "*", "write": "*"}}], )" +
                                                     keys + "}");
        return load_config(flags, {});
    }
    Texts errors(const std::string& keys) const { return load(keys).problems.errors(); }
    Texts warnings(const std::string& keys) const {
        const auto loaded = load(keys);
        CHECK(loaded.problems.errors() == Texts{});
        return loaded.problems.warnings();
    }

    const TemporaryFolder folder;
};

const std::string open_to_all = R"("listen": "xmpp://0.0.0.0:5222")";
const std::string accounts = R"(, "login": "accounts")";

}  // namespace

TEST_CASE("a listener that others reach wants a certificate, and says how one is made [S9]") {
    const Site site;
    for (const std::string login : {"accounts", "broker"}) {
        const auto errors = site.errors(open_to_all + R"(, "login": ")" + login + "\"");
        REQUIRE_FALSE(errors.empty());
        const auto told = std::find_if(errors.begin(), errors.end(),
                                       [](const auto& error) { return error.starts_with("/listen/0: "); });
        REQUIRE(told != errors.end());
        CHECK(has(*told,
                  "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 -subj "
                  "/CN=example.org -addext subjectAltName=DNS:example.org,DNS:rooms.example.org -keyout tls.key -out "
                  "tls.crt"));
    }
    CHECK(site.warnings(open_to_all + accounts + "," + site.tls()).empty());
}

TEST_CASE("a listener without TLS is the operator's word, and he is warned") {
    const Site site;
    const auto loaded = site.load(open_to_all + accounts + R"(, "tls": {"required": false})");
    CHECK(loaded.problems.errors() == Texts{});
    CHECK_FALSE(loaded.config.tls.has_value());
    REQUIRE(loaded.problems.warnings().size() == 1);
    CHECK(has(loaded.problems.warnings().front(), "/listen/0: without TLS whoever is between"));
    // A first try in a container.
    CHECK(site.errors(open_to_all + R"(, "allow_open_login": true)") == Texts{});
    CHECK(site.errors(R"("listen": "xmpp://127.0.0.1:5222")" + accounts) == Texts{});
}

TEST_CASE("where TLS comes first there is a certificate, on the loopback as well [XEP-0368]") {
    const Site site;
    const std::string direct = R"("listen": ["xmpp://127.0.0.1:1", "xmpps://127.0.0.1:2"])";
    const auto errors = site.errors(direct);
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().starts_with("/listen/1: xmpps://127.0.0.1:2 begins with TLS: want a certificate"));
    CHECK(site.errors(direct + "," + site.tls()) == Texts{});
}

TEST_CASE("a certificate that cannot be used is an error, and the key's are at the key") {
    const Site site;
    const auto only = [&](const std::string& more = {}) {
        const auto errors = site.errors(open_to_all + accounts + "," + site.tls(more));
        return errors.size() == 1 ? errors.front() : std::to_string(errors.size()) + " errors";
    };
    site.folder.write("tls.crt", "nothing");
    CHECK(only().starts_with("/tls/certificate: " + site.folder.path("tls.crt")));
    std::filesystem::remove(site.folder.path("tls.crt"));
    CHECK(has(only(), "No such file"));
    site.folder.write("tls.crt", issue({.dns = {"example.org"}}).certificate_pem());
    CHECK(only().starts_with("/tls/key: "));
    site.folder.write("tls.key", issue({}).key_pem("secret"));
    CHECK(only().starts_with("/tls/key: "));
    site.put(issue({.dns = {"example.org"}}));
    CHECK(only(R"(, "client_ca": "/not/there")").starts_with("/tls/client_ca: /not/there"));
    CHECK(only(R"(, "client_ca": ")" + site.folder.path("tls.crt") + "\"") == "0 errors");
}

TEST_CASE("a certificate that clients will not take for long is warned of, and one for another domain") {
    const Site site;
    const auto only = [&] {
        const auto warnings = site.warnings(open_to_all + accounts + "," + site.tls());
        return warnings.size() == 1 ? warnings.front() : std::to_string(warnings.size()) + " warnings";
    };
    const auto with_days = [](int from, int to) {
        return issue({.dns = {"example.org"}, .from_days = from, .to_days = to});
    };
    site.put(with_days(-10, 15));
    CHECK(only() == "0 warnings");
    site.put(with_days(-10, 13));
    CHECK(only().starts_with("/tls/certificate: ends on 20"));
    site.put(with_days(-10, -1));
    CHECK(only().starts_with("/tls/certificate: ended on 20"));
    site.put(with_days(1, 100));
    CHECK(only().starts_with("/tls/certificate: begins on 20"));
    site.put(issue({.dns = {"*.example.net", "a.example.org"}}));
    CHECK(only() ==
          "/tls/certificate: is for *.example.net, a.example.org, and not for the domain example.org: clients will "
          "not take it");
    site.put(issue({.dns = {"example.org"}}));
    std::filesystem::permissions(site.folder.path("tls.key"), std::filesystem::perms::group_read,
                                 std::filesystem::perm_options::add);
    CHECK(has(only(), "others than its owner may read it"));
}

TEST_CASE("what a certificate is for and until when fits a line") {
    const Site site;
    const auto text = describe_certificate(site.folder.path("tls.crt"));
    CHECK(text.starts_with("example.org, rooms.example.org, until 20"));
    CHECK(describe_certificate("/not/there") == "/not/there");
}

TEST_CASE("the broker judges logins where it has users, and gets their passwords over TLS") {
    const Site site;
    ConfigFlags flags;
    flags.login = "broker";
    flags.tls_certificate = site.folder.path("tls.crt");
    flags.tls_key = site.folder.path("tls.key");
    for (const std::string url : {"memory:", "embedded:"}) {
        flags.broker = url;
        const auto loaded = load_config(flags, {});
        REQUIRE(loaded.problems.errors().size() == 1);
        CHECK(loaded.problems.errors().front() ==
              "--login: broker wants a broker with users of its own (mqtt:// or mqtts://), and main is " + url);
    }
    const auto warns = [&](const std::string& url) {
        flags.broker = url;
        const auto loaded = load_config(flags, {});
        CHECK(loaded.problems.errors() == Texts{});
        const auto& all = loaded.problems.warnings();
        return std::any_of(all.begin(), all.end(), [](const auto& warning) { return has(warning, "without TLS"); });
    };
    CHECK(warns("mqtt://broker.example.org"));
    CHECK_FALSE(warns("mqtt://127.0.0.1"));
    CHECK_FALSE(warns("mqtts://broker.example.org"));
}

TEST_CASE("an administrator is one where a password is asked for [S9]") {
    const Site site;
    const std::string keys = R"("listen": "xmpp://127.0.0.1:1", "administrators": ["a@example.org", "b@x"])";
    const auto loaded = site.load(keys + accounts);
    REQUIRE(loaded.config.administrators.size() == 1);
    CHECK(to_string(loaded.config.administrators.front()) == "a@example.org");
    REQUIRE(loaded.problems.warnings().size() == 1);
    CHECK(loaded.problems.warnings().front() == "/administrators: b@x is none: names here end in @example.org");
    CHECK(site.load(keys).config.administrators.empty());
    CHECK(site.load(keys + R"(, "login": "anonymous")").config.administrators.empty());
}

TEST_CASE("what others reach wants who in every rule, with accounts as well [S9]") {
    const Site site;
    ConfigFlags flags;
    flags.listen = {"xmpp://0.0.0.0:5222"};
    flags.login = "accounts";
    flags.domain = "example.org";
    flags.tls_certificate = site.folder.path("tls.crt");
    flags.tls_key = site.folder.path("tls.key");
    const auto loaded = load_config(flags, {});
    REQUIRE(loaded.problems.errors().size() == 1);
    CHECK(loaded.problems.errors().front() ==
          "/rules/0/who: want who may read and write, since xmpp://0.0.0.0:5222 can be reached by others: rules in a "
          "file say it, and --allow-open-login lets everybody who can log in");
    flags.allow_open_login = true;
    const auto allowed = load_config(flags, {});
    CHECK(allowed.problems.errors() == Texts{});
    CHECK(allowed.problems.warnings() ==
          Texts{"--allow-open-login: whoever can log in may use every room of a rule without who"});
}

TEST_CASE("flags and variables name the certificate") {
    const Site site;
    ConfigFlags flags;
    flags.tls_key = site.folder.path("tls.key");
    const auto loaded = load_config(flags, {{"MUCBRIDGE_TLS_CERTIFICATE", site.folder.path("tls.crt")},
                                            {"MUCBRIDGE_TLS_KEY", "/not/there"},
                                            {"MUCBRIDGE_DOMAIN", "example.org"}});
    CHECK(loaded.problems.errors() == Texts{});
    REQUIRE(loaded.config.tls.has_value());
    CHECK(loaded.config.tls->key == site.folder.path("tls.key"));
    flags.tls_key = "/not/there";
    const auto wrong = load_config(flags, {{"MUCBRIDGE_TLS_CERTIFICATE", site.folder.path("tls.crt")}});
    REQUIRE(wrong.problems.errors().size() == 1);
    CHECK(wrong.problems.errors().front().starts_with("--tls-key: /not/there"));
}

TEST_CASE("check says that there are no accounts yet, and what is wrong with their database") {
    const Site site;
    const auto state = site.folder.path("state");
    const auto keys = R"("listen": "xmpp://127.0.0.1:1", "state": ")" + state + "\"" + accounts;
    const auto check = [&] {
        auto loaded = site.load(keys);
        check_accounts(loaded.config, loaded.problems);
        return loaded.problems;
    };
    const Texts none{"/login: accounts, and there are none yet; mucbridge account add NAME makes the first"};
    CHECK(check().warnings() == none);
    CHECK_FALSE(std::filesystem::exists(state));
    std::filesystem::create_directory(state);
    {
        auto made = Accounts::open(Accounts::path_in(state));
        REQUIRE(made.has_value());
        CHECK(check().warnings() == none);
        REQUIRE(made->add("romeo", "x", {}).value());
        CHECK(check().warnings().empty());
    }
    std::filesystem::remove_all(state);
    site.folder.write("mucbridge.db", std::string(8192, 'x'));
    auto loaded = site.load(R"("listen": "xmpp://127.0.0.1:1", "state": ")" + site.folder.path("") + "\"" + accounts);
    check_accounts(loaded.config, loaded.problems);
    REQUIRE(loaded.problems.errors().size() == 1);
    CHECK(loaded.problems.errors().front().starts_with("/state: "));
    CHECK(has(loaded.problems.errors().front(), "is damaged, or no SQLite database"));
}

}  // namespace mucbridge
