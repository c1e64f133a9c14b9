#include "cli/load_config.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "cli/exit_code.hpp"
#include "temporary_folder.hpp"

namespace mucbridge {
namespace {

const BrokerConfig& broker_named(const Config& config, const std::string& name) {
    for (const auto& broker : config.brokers)
        if (broker.name == name)
            return broker;
    FAIL("no broker " << name);
    return config.brokers.front();
}

}  // namespace

TEST_CASE("without anything the defaults of the design hold") {
    const auto loaded = load_config({}, {});
    const auto& config = loaded.config;
    REQUIRE(loaded.problems.is_fine());
    CHECK(loaded.problems.warnings().empty());
    CHECK(config.domain == "localhost");
    CHECK(config.rooms_domain == "rooms.localhost");
    REQUIRE(config.listen.size() == 1);
    CHECK(config.listen.front().url == "xmpp://127.0.0.1:61222");
    CHECK(config.login == Login::open);
    REQUIRE(config.brokers.size() == 1);
    CHECK(config.brokers.front().name == "main");
    CHECK(config.brokers.front().url == "embedded:");
    REQUIRE(config.rules.size() == 1);
    CHECK(config.rules.front().room == "{name}");
    CHECK(config.rules.front().topic == "{name}");
    CHECK(config.rules.front().qos == 1);
    CHECK(config.state == "./state");
}

TEST_CASE("a file says it all") {
    const TemporaryFolder folder;
    ConfigFlags flags;
    flags.file = folder.write("bridge.json", R"({
        "domain": "Example.ORG", "listen": "xmpp://[::1]:5222", "login": "anonymous",
        "brokers": {"east": {"url": "mqtts://user:p%40ss@east.example.org", "verify": false, "keep_alive": 7,
                             "protocol": "mqtt-3.1.1", "client_id": "me", "status_topic": "up/me", "queue_lines": 5,
                             "queue_bytes": 4096},
                    "west": {"url": "memory:"}},
        "rules": [{"room": "a", "read": "a/+", "write": "a/b", "broker": "east", "qos": 2, "retain": true,
                   "payload": "json", "nick": "{topic.1}"},
                  {"room": "b", "topic": "b", "broker": "west", "direction": "out"}],
        "state": "/tmp/x", "log": {"format": "json", "level": "debug"}, "loops": 3,
        "limits": {"stanza_bytes": 20000, "unauthenticated_time": 5}})");
    const auto loaded = load_config(flags, {});
    for (const auto& error : loaded.problems.errors())
        FAIL_CHECK(error);
    const auto& config = loaded.config;
    CHECK(config.domain == "example.org");
    CHECK(config.rooms_domain == "rooms.example.org");
    CHECK(config.listen.front().url == "xmpp://[::1]:5222");
    CHECK(config.login == Login::anonymous);
    const auto& east = broker_named(config, "east");
    CHECK(east.url.find("mqtts://east.example.org") == 0);
    CHECK(east.username == "user");
    CHECK(east.password == "p@ss");
    CHECK_FALSE(east.verify);
    CHECK(east.keep_alive == std::chrono::seconds(7));
    CHECK(east.protocol == "mqtt-3.1.1");
    CHECK(east.client_id == "me");
    CHECK(east.status_topic == "up/me");
    CHECK(east.queue_lines == 5);
    CHECK(east.queue_bytes == 4096);
    REQUIRE(config.rules.size() == 2);
    CHECK(config.rules[0].read == "a/+");
    CHECK(config.rules[0].write == "a/b");
    CHECK(config.rules[0].qos == 2);
    CHECK(config.rules[0].retain);
    CHECK(config.rules[0].payload == PayloadKind::json);
    CHECK(config.rules[0].nick == "{topic.1}");
    CHECK(config.rules[1].direction == Direction::out);
    CHECK(config.log_format == "json");
    CHECK(config.log_level == "debug");
    CHECK(config.loops == 3);
    CHECK(config.limits.stanza_bytes == 20000);
    CHECK(config.limits.unauthenticated_time == std::chrono::seconds(5));
    CHECK(config.limits.depth == 64);
}

TEST_CASE("a file says how safely lines are kept, and for how long") {
    const TemporaryFolder folder;
    ConfigFlags flags;
    flags.file = folder.write("bridge.json", R"({
        "brokers": {"main": {"url": "mqtt://h", "queue_age": 7201, "session_expiry": 4294967295}},
        "rules": [{"room": "a", "topic": "a", "persistent": true, "overflow": "drop-oldest"},
                  {"room": "b", "topic": "b", "overflow": "close"}, {"room": "c", "topic": "c"}],
        "store": {"durability": "process", "archive_lines": 5, "archive_days": 2},
        "limits": {"persistent_rooms": 3}})");
    const auto loaded = load_config(flags, {});
    REQUIRE(loaded.problems.is_fine());
    const auto& config = loaded.config;
    CHECK(config.brokers.front().queue_age == std::chrono::hours(3));
    CHECK(config.brokers.front().session_expiry == std::chrono::seconds(4294967295));
    CHECK(config.rules[0].persistent);
    CHECK(config.rules[0].overflow == Overflow::drop_oldest);
    CHECK(config.rules[1].overflow == Overflow::close);
    CHECK_FALSE(config.rules[2].persistent);
    CHECK_FALSE(config.rules[2].overflow.has_value());
    CHECK(config.store.durability == Durability::process);
    CHECK(config.store.archive_lines == 5);
    CHECK(config.store.archive_age == std::chrono::hours(48));
    CHECK(config.limits.persistent_rooms == 3);

    const auto defaults = load_config({}, {}).config;
    CHECK(defaults.store.durability == Durability::power);
    CHECK(defaults.brokers.front().queue_age == std::chrono::hours(168));
    CHECK(defaults.brokers.front().more_urls.empty());
    flags.file = folder.write("bridge.json", R"({"store": {"archive_lines": 0, "archive_days": 0}})");
    const auto everything = load_config(flags, {}).config.store;
    CHECK(everything.archive_lines == 0);
    CHECK(everything.archive_age.count() == 0);
}

TEST_CASE("a broker's URLs are the nodes of one cluster, with one account") {
    const TemporaryFolder folder;
    ConfigFlags flags;
    flags.file = folder.write("bridge.json", R"({"brokers": {"main": {
        "url": ["mqtt://a", "mqtt://u:p%40ss@b:1884", "mqtt://u@[::1]"]}}})");
    auto loaded = load_config(flags, {});
    REQUIRE(loaded.problems.is_fine());
    const auto& broker = loaded.config.brokers.front();
    CHECK(broker.url == "mqtt://a:1883");
    CHECK(broker.more_urls == std::vector<std::string>{"mqtt://b:1884", "mqtt://[::1]:1883"});
    CHECK(broker.username == "u");
    CHECK(broker.password == "p@ss");
    REQUIRE(loaded.problems.warnings().size() == 1);
    CHECK(loaded.problems.warnings().front().find("/brokers/main/url/1: holds a password") == 0);

    flags.broker = "mqtt://c";
    loaded = load_config(flags, {});
    CHECK(loaded.config.brokers.front().url == "mqtt://c:1883");
    CHECK(loaded.config.brokers.front().more_urls.empty());
    flags.broker = "mqtt://c,mqtt://d";
    CHECK_FALSE(load_config(flags, {}).problems.is_fine());

    flags.broker.reset();
    const auto list_of = [&](std::size_t nodes) {
        std::string list;
        for (std::size_t at = 0; at < nodes; ++at)
            list += (at == 0 ? "\"mqtt://n" : ", \"mqtt://n") + std::to_string(at) + '"';
        flags.file = folder.write("bridge.json", R"({"brokers": {"main": {"url": [)" + list + "]}}}");
        return load_config(flags, {});
    };
    CHECK(list_of(16).config.brokers.front().more_urls.size() == 15);
    REQUIRE(list_of(17).problems.errors().size() == 1);
    CHECK(list_of(17).problems.errors().front() ==
          "/brokers/main/url: want text or a list of at most 16 texts, got 17");
}

TEST_CASE("flags beat the environment, which beats the file, which beats the defaults") {
    const TemporaryFolder folder;
    ConfigFlags flags;
    flags.file = folder.write("bridge.json", R"({"domain": "file", "rooms_domain": "rooms.file", "state": "file",
        "listen": ["xmpp://127.0.0.1:1"], "rules": [{"room": "file", "topic": "file"}], "loops": 1,
        "brokers": {"main": {"url": "mqtt://file", "username": "file", "password": "file", "client_id": "kept"}}})");
    Environment environment{{"MUCBRIDGE_DOMAIN", "variable"},
                            {"MUCBRIDGE_STATE", "variable"},
                            {"MUCBRIDGE_LISTEN", "xmpp://127.0.0.1:2,xmpp://[::1]:2 xmpp://127.0.0.1:3"},
                            {"MUCBRIDGE_RULE", "one=1\ntwo=2/{x}=x"},
                            {"MUCBRIDGE_BROKER", "mqtt://variable"},
                            {"MUCBRIDGE_BROKER_USERNAME", "variable"},
                            {"MUCBRIDGE_LOOPS", "2"}};
    environment["MUCBRIDGE_RULE"] = "one=1\ntwo=2=3";
    const auto by_environment = load_config(flags, environment);
    for (const auto& error : by_environment.problems.errors())
        FAIL_CHECK(error);
    CHECK(by_environment.config.domain == "variable");
    CHECK(by_environment.config.rooms_domain == "rooms.file");
    CHECK(by_environment.config.state == "variable");
    CHECK(by_environment.config.loops == 2);
    REQUIRE(by_environment.config.listen.size() == 3);
    CHECK(by_environment.config.listen[1].url == "xmpp://[::1]:2");
    REQUIRE(by_environment.config.rules.size() == 2);
    CHECK(by_environment.config.rules[1].room == "two");
    CHECK(by_environment.config.rules[1].topic == "2=3");
    const auto& broker = broker_named(by_environment.config, "main");
    CHECK(broker.url.find("mqtt://variable") == 0);
    CHECK(broker.username == "variable");
    CHECK(broker.password == "file");
    CHECK(broker.client_id == "kept");

    flags.domain = "flag";
    flags.listen = {"xmpp://127.0.0.1:9"};
    flags.rules = {"flag=flag"};
    flags.broker = "mqtt://flag:secret@flag";
    flags.loops = "3";
    const auto by_flags = load_config(flags, environment).config;
    CHECK(by_flags.domain == "flag");
    CHECK(by_flags.state == "variable");
    CHECK(by_flags.listen.size() == 1);
    CHECK(by_flags.rules.size() == 1);
    CHECK(by_flags.loops == 3);
    CHECK(broker_named(by_flags, "main").url.find("mqtt://flag") == 0);
    CHECK(broker_named(by_flags, "main").username == "flag");
    CHECK(broker_named(by_flags, "main").password == "secret");
}

TEST_CASE("a file says who, mirrors and aliases") {
    const TemporaryFolder folder;
    ConfigFlags flags;
    flags.file = folder.write("bridge.json", R"({
        "brokers": {"main": {"url": "memory:"}, "east": {"url": "memory:"}},
        "aliases": {"kitchen": "Sensors/Kitchen 1"},
        "rules": [{"room": "{name}", "topic": "{name}",
                   "who": {"read": "*@example.org", "write": ["ops-*@example.org", "admin@example.org"]},
                   "mirrors": ["copy/{name}",
                               {"read": "east/+/{name}", "write": "east/{name}", "broker": "east", "qos": 2,
                                "retain": true, "payload": "json"},
                               {"topic": "log/{name}", "direction": "out"}]}]})");
    const auto loaded = load_config(flags, {});
    for (const auto& error : loaded.problems.errors())
        FAIL_CHECK(error);
    REQUIRE(loaded.config.aliases.size() == 1);
    CHECK(loaded.config.aliases[0].room == "kitchen");
    CHECK(loaded.config.aliases[0].topic == "Sensors/Kitchen 1");
    REQUIRE(loaded.config.rules.size() == 1);
    const auto& rule = loaded.config.rules[0];
    CHECK(rule.who.configured);
    CHECK(rule.who.read == std::vector<std::string>{"*@example.org"});
    CHECK(rule.who.write == std::vector<std::string>{"ops-*@example.org", "admin@example.org"});
    REQUIRE(rule.mirrors.size() == 3);
    CHECK(rule.mirrors[0].topic == "copy/{name}");
    CHECK(rule.mirrors[0].broker.empty());
    CHECK(rule.mirrors[0].direction == Direction::both);
    CHECK(rule.mirrors[1].read == "east/+/{name}");
    CHECK(rule.mirrors[1].write == "east/{name}");
    CHECK(rule.mirrors[1].broker == "east");
    CHECK(rule.mirrors[1].qos == 2);
    CHECK(rule.mirrors[1].retain);
    CHECK(rule.mirrors[1].payload == PayloadKind::json);
    CHECK(rule.mirrors[2].direction == Direction::out);
    CHECK(loaded.problems.warnings().empty());
}

TEST_CASE("patterns of names that anybody may take are warned of, and no others [S9]") {
    const TemporaryFolder folder;
    const auto warnings = [&](const std::string& read, const std::string& more = {}) {
        ConfigFlags flags;
        flags.file = folder.write("bridge.json", R"({"rules": [{"topic": "{name}", "who": {"read": ")" + read +
                                                     R"(", "write": []}}])" + more + "}");
        return load_config(flags, {}).problems.warnings();
    };
    REQUIRE(warnings("ops-*@localhost").size() == 1);
    CHECK(
        warnings("ops-*@localhost")[0] ==
        "/rules/0/who: login is open: whoever connects to a listener takes any name at localhost, so that patterns of "
        "names there hold nobody back");
    CHECK(warnings("*").empty());
    CHECK(warnings("*@example.org").empty());
    CHECK(warnings("ops-*@localhost", R"(, "login": "anonymous")").empty());
    CHECK(warnings("ops-*@localhost", R"(, "component": {"domain": "rooms.x", "secret": "s"})").empty());
}

TEST_CASE("one broker under two names is warned of where something is mirrored [S4]") {
    const TemporaryFolder folder;
    const auto warnings = [&](const std::string& rule) {
        ConfigFlags flags;
        flags.file =
            folder.write("bridge.json", R"({"brokers": {"main": {"url": "mqtt://h"}, "east": {"url": "mqtt://h:1883"}},
            "rules": [{"topic": "{name}")" + rule +
                                            "}]}");
        return load_config(flags, {}).problems.warnings();
    };
    REQUIRE(warnings(R"(, "mirrors": [{"topic": "{name}", "broker": "east"}])").size() == 1);
    CHECK(warnings(R"(, "mirrors": [{"topic": "{name}", "broker": "east"}])")[0].find(
              "/brokers/main/url: is the same server as east") == 0);
    CHECK(warnings("").empty());
}

TEST_CASE("with a component nothing is listened on, unless it is said [XEP-0114]") {
    const TemporaryFolder folder;
    const auto secret = folder.write("secret", "in a file\n");
    std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
    const std::string rest = R"("rules": [{"topic": "{name}", "who": {"read": "*", "write": "*"}}],
        "component": {"domain": "Rooms.Example.org", "secret_file": ")" +
                             secret + "\"}";
    ConfigFlags flags;
    flags.file = folder.write("bridge.json", "{" + rest + "}");
    auto loaded = load_config(flags, {});
    CHECK(loaded.problems.is_fine());
    CHECK(loaded.problems.warnings().empty());
    CHECK(loaded.config.listen.empty());
    REQUIRE(loaded.config.components.size() == 1);
    CHECK(loaded.config.components[0].server == "xmpp://127.0.0.1:5347");
    CHECK(loaded.config.components[0].domain == "rooms.example.org");
    CHECK(loaded.config.components[0].secret == "in a file");
    CHECK(loaded.config.rooms_domain == "rooms.localhost");
    flags.listen = {"xmpp://127.0.0.1:1"};
    CHECK(load_config(flags, {}).config.listen.size() == 1);
    flags = {};
    flags.file = folder.write("bridge.json", "{\"listen\": []," + rest + "}");
    CHECK(load_config(flags, {}).problems.is_fine());
    CHECK(load_config(flags, {}).config.listen.empty());
}

TEST_CASE("one component may be of flags and variables alone, its secret too") {
    const TemporaryFolder folder;
    ConfigFlags flags;
    flags.component_domain = "rooms.flag";
    flags.allow_open_login = true;
    Environment environment{{"MUCBRIDGE_COMPONENT_SERVER", "xmpp://variable"},
                            {"MUCBRIDGE_COMPONENT_DOMAIN", "rooms.variable"},
                            {"MUCBRIDGE_COMPONENT_SECRET_FILE", folder.write("secret", "word\n")}};
    const auto loaded = load_config(flags, environment);
    for (const auto& error : loaded.problems.errors())
        FAIL_CHECK(error);
    REQUIRE(loaded.config.components.size() == 1);
    CHECK(loaded.config.components[0].server == "xmpp://variable:5347");
    CHECK(loaded.config.components[0].domain == "rooms.flag");
    CHECK(loaded.config.components[0].secret == "word");
    CHECK(loaded.config.listen.empty());

    flags.file = folder.write("bridge.json", R"({"component": [{"domain": "a.x", "secret": "1"},
                                                               {"domain": "b.x", "secret": "2"}]})");
    flags.component_domain.reset();
    const auto errors = load_config(flags, {{"MUCBRIDGE_COMPONENT_SECRET", "3"}}).problems.errors();
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].find("/component: there are 2 components") == 0);
}

TEST_CASE("an administrator is one where a server vouches for the name [S9]") {
    const TemporaryFolder folder;
    ConfigFlags flags;
    const std::string rest = R"("administrators": ["a@localhost", "b@example.org"],
        "rules": [{"topic": "{name}", "who": {"read": "*", "write": "*"}}],
        "component": {"domain": "rooms.example.org", "secret": "s"})";
    flags.file = folder.write("bridge.json", "{" + rest + "}");
    CHECK(load_config(flags, {}).config.administrators.size() == 2);
    flags.listen = {"xmpp://127.0.0.1:1"};
    const auto loaded = load_config(flags, {});
    REQUIRE(loaded.config.administrators.size() == 1);
    CHECK(to_string(loaded.config.administrators[0]) == "b@example.org");
    CHECK(load_config({}, {{"MUCBRIDGE_ADMINISTRATORS", "b@example.org"}}).config.administrators.empty());
}

TEST_CASE("the broker of a flag is the only one where none is called main") {
    const TemporaryFolder folder;
    ConfigFlags flags;
    flags.file = folder.write("bridge.json", R"({"brokers": {"east": {"url": "mqtt://file"}}})");
    flags.broker = "mqtt://flag";
    const auto loaded = load_config(flags, {});
    REQUIRE(loaded.problems.is_fine());
    REQUIRE(loaded.config.brokers.size() == 1);
    CHECK(loaded.config.brokers.front().name == "east");
    CHECK(loaded.config.brokers.front().url.find("mqtt://flag") == 0);
}

TEST_CASE("the variable that names the file is heeded where no flag does") {
    const TemporaryFolder folder;
    const Environment environment{{"MUCBRIDGE_CONFIG", folder.write("a.json", R"({"domain": "by.variable"})")}};
    CHECK(load_config({}, environment).config.domain == "by.variable");
    ConfigFlags flags;
    flags.file = folder.write("b.json", R"({"domain": "by.flag"})");
    CHECK(load_config(flags, environment).config.domain == "by.flag");
}

TEST_CASE("errors of flags and variables name them") {
    ConfigFlags flags;
    flags.rules = {"no-equals-sign"};
    auto loaded = load_config(flags, {});
    REQUIRE(loaded.problems.errors().size() == 1);
    CHECK(loaded.problems.errors().front() == "--rule: want ROOM=TOPIC, such as 'plant.{line}=factory/{line}'");
    CHECK(loaded.problems.to_exit_code() == exit_code::usage);

    loaded = load_config({}, {{"MUCBRIDGE_LOGIN", "opne"}, {"MUCBRIDGE_LOOPS", "many"}});
    REQUIRE(loaded.problems.errors().size() == 2);
    CHECK(loaded.problems.errors()[0].find("MUCBRIDGE_LOGIN: want open, anonymous") == 0);
    CHECK(loaded.problems.errors()[1] == "MUCBRIDGE_LOOPS: want a whole number from 0 to 256, got \"many\"");
    CHECK(loaded.problems.to_exit_code() == exit_code::configuration);

    flags = {};
    flags.listen = {"http://x"};
    flags.broker = "nonsense";
    loaded = load_config(flags, {{"MUCBRIDGE_LISTEN", "xmpp://127.0.0.1:1"}});
    REQUIRE(loaded.problems.errors().size() == 2);
    CHECK(loaded.problems.errors()[1].find("--broker: want mqtt://") == 0);
    CHECK(loaded.problems.errors()[0].find("--listen: ") == 0);
}

TEST_CASE("an open login that a flag exposes is the configuration's error, and a flag allows it [S9]") {
    ConfigFlags flags;
    flags.listen = {"xmpp://0.0.0.0:61222"};
    CHECK(load_config(flags, {}).problems.to_exit_code() == exit_code::configuration);
    flags.allow_open_login = true;
    const auto loaded = load_config(flags, {});
    CHECK(loaded.problems.is_fine());
    CHECK(loaded.problems.warnings().size() == 1);
    CHECK(load_config({}, {{"MUCBRIDGE_LISTEN", "xmpp://0.0.0.0:1"}, {"MUCBRIDGE_ALLOW_OPEN_LOGIN", "1"}})
              .problems.is_fine());
}

TEST_CASE("secrets come from files, with one line end cut") {
    const TemporaryFolder folder;
    ConfigFlags flags;
    flags.broker = "mqtt://gateway@127.0.0.1:1883";
    const auto password_of = [&](const std::string& content) {
        const auto path = folder.write("word", content);
        const auto loaded = load_config(flags, {{"MUCBRIDGE_BROKER_PASSWORD_FILE", path}});
        CHECK(loaded.problems.is_fine());
        CHECK(loaded.config.brokers.front().username == "gateway");
        return loaded.config.brokers.front().password;
    };
    CHECK(password_of("correct\n") == "correct");
    CHECK(password_of("correct") == "correct");
    CHECK(password_of("correct\r\n") == "correct");
    CHECK(password_of(" correct \n") == " correct ");

    flags = {};
    flags.file = folder.write("bridge.json", R"({"brokers": {"main": {"url": "mqtt://h", "username": "u",
                                                 "password_file": ")" +
                                                 folder.write("word", "in a file\n") + "\"}}}");
    CHECK(load_config(flags, {}).config.brokers.front().password == "in a file");
    CHECK(load_config(flags, {{"MUCBRIDGE_BROKER_PASSWORD", "variable"}}).config.brokers.front().password ==
          "variable");
}

TEST_CASE("a secret's file that cannot be read, and a secret given twice, are errors") {
    auto loaded = load_config({}, {{"MUCBRIDGE_BROKER_PASSWORD_FILE", "/not/there"}});
    REQUIRE(loaded.problems.errors().size() == 1);
    CHECK(loaded.problems.errors().front() ==
          "MUCBRIDGE_BROKER_PASSWORD_FILE: cannot read /not/there: No such file or directory");
    const TemporaryFolder folder;
    loaded = load_config(
        {}, {{"MUCBRIDGE_BROKER_PASSWORD_FILE", folder.write("word", "a")}, {"MUCBRIDGE_BROKER_PASSWORD", "b"}});
    REQUIRE(loaded.problems.errors().size() == 1);
    CHECK(loaded.problems.errors().front().find("got both") != std::string::npos);
}

TEST_CASE("an operator is warned of what is legal and unwise") {
    const TemporaryFolder folder;
    ConfigFlags flags;
    flags.file = folder.write("bridge.json", R"({"administrators": ["a@localhost"],
        "brokers": {"main": {"url": "mqtts://u:secret@h", "verify": false}}})");
    std::filesystem::permissions(flags.file, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
    const auto loaded = load_config(flags, {{"MUCBRIDGE_BROKR", "x"}, {"MUCBRIDGE_PORT_61222_TCP_ADDR", "y"}});
    REQUIRE(loaded.problems.is_fine());
    CHECK(loaded.config.administrators.empty());
    const auto& warnings = loaded.problems.warnings();
    REQUIRE(warnings.size() == 5);
    CHECK(warnings[0].find("/brokers/main/url: holds a password") == 0);
    CHECK(warnings[1].find("bridge.json holds a secret and others than its owner may read it") != std::string::npos);
    CHECK(warnings[2] == "MUCBRIDGE_BROKR: unknown variable; did you mean MUCBRIDGE_BROKER?");
    CHECK(warnings[3].find("/administrators: ") == 0);
    CHECK(warnings[4].find("/brokers/main/verify: ") == 0);
    for (const auto& warning : warnings)
        CHECK(warning.find("secret@") == std::string::npos);
}

TEST_CASE("a seal key file holds 64 hexadecimal digits") {
    const TemporaryFolder folder;
    ConfigFlags flags;
    flags.seal_key_file = folder.write("key", std::string(64, 'a') + "\n");
    CHECK(load_config(flags, {}).problems.is_fine());
    for (const auto& content : {std::string(63, 'a'), std::string(64, 'g'), std::string(66, 'a')}) {
        folder.write("key", content);
        const auto loaded = load_config(flags, {});
        REQUIRE(loaded.problems.errors().size() == 1);
        CHECK(loaded.problems.errors().front().find("--seal-key-file: want 64 hexadecimal digits") == 0);
    }
}

}  // namespace mucbridge
