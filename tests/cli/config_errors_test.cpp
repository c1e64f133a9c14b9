#include <doctest/doctest.h>

#include <algorithm>

#include "cli/exit_code.hpp"
#include "cli/load_config.hpp"
#include "temporary_folder.hpp"

namespace mucbridge {
namespace {

Loaded load_file(const TemporaryFolder& folder, std::string_view text) {
    ConfigFlags flags;
    flags.file = folder.write("bridge.json", text);
    return load_config(flags, {});
}

struct Wrong {
    const char* text;
    const char* error;  // the whole of it
};

}  // namespace

TEST_CASE("each wrong value is an error with its path, the wish and what was got") {
    const TemporaryFolder folder;
    const Wrong table[] = {
        {R"({"domian": "a"})", "/domian: unknown key; did you mean domain?"},
        {R"({"colour": "a"})", "/colour: unknown key"},
        {R"({"a/b~c": 1})", "/a~1b~0c: unknown key"},
        {R"({"a\nb": 1})", "/a\\x0ab: unknown key"},
        {R"([])", "want an object, got a list"},
        {R"({"domain": 7})", "/domain: want text, got a number"},
        {R"({"domain": ""})", "/domain: want text, got none"},
        {R"({"domain": "a\u0000b"})", "/domain: want text without control characters"},
        {R"({"domain": "a", "rooms_domain": "A"})",
         "/rooms_domain: want a domain of its own, such as rooms.a, got a, which the accounts have"},
        {R"({"listen": 7})", "/listen: want text or a list of at most 64 texts, got 7"},
        {R"({"listen": [7]})", "/listen/0: want text, got a number"},
        {R"({"listen": []})", "/listen: want at least one, such as xmpp://127.0.0.1:61222, or a component"},
        {R"({"login": "opne"})", "/login: want open, anonymous, accounts or broker, got \"opne\""},
        {R"({"login": "broker", "tls": {"required": false}, "brokers": {"main": {"url": "mqtt://h"}}})",
         "/login: broker wants a certificate (--tls-certificate, --tls-key): passwords are taken over TLS alone"},
        {R"({"legacy_auth": true})",
         "/legacy_auth: want tls: a password in the clear is taken over TLS alone (XEP-0078)"},
        {R"({"limits": {"handshakes_per_second": -1}})",
         "/limits/handshakes_per_second: want a whole number from 0 to 1000000, got -1"},
        {R"({"limits": {"resume_time": 86401}})",
         "/limits/resume_time: want a whole number from 0 to 86400, got 86401"},
        {R"({"limits": {"idle_time": 0}})", "/limits/idle_time: want a whole number from 5 to 86400, got 0"},
        {R"({"allow_open_login": "yes"})", "/allow_open_login: want true or false, got \"yes\""},
        {R"({"administrators": ["a@b/c"]})", "/administrators/0: want a bare JID such as admin@example.org, got a@b/c"},
        {R"({"tls": 7})", "/tls: want an object, got 7"},
        {R"({"tls": {"cert": "a"}})", "/tls/cert: unknown key"},
        {R"({"tls": {"required": "no"}})", "/tls/required: want true or false, got \"no\""},
        {R"({"tls": {"required": true}})", "/tls: want certificate and key"},
        {R"({"tls": {"client_ca": "a"}})", "/tls: want certificate and key"},
        {R"({"tls": {"certificate": "a"}})", "/tls: want certificate and key together, got one of them"},
        {R"({"tls": {"key": "a"}})", "/tls: want certificate and key together, got one of them"},
        {R"({"component": 7})",
         "/component: want an object such as {\"server\": \"xmpp://127.0.0.1:5347\", \"domain\": "
         "\"rooms.example.org\", \"secret_file\": \"secret\"}, or a list of 1 to 100 of them, got 7"},
        {R"({"component": {"domian": "rooms.x", "domain": "rooms.x", "secret": "x"}})",
         "/component/domian: unknown key; did you mean domain?"},
        {R"({"component": {"domain": "a b", "secret": "x"}, "rules": [{"topic": "{name}", "who": {"read": "*", "write": "*"}}]})",
         "/component/domain: the domain \"a b\" holds what a domain name cannot hold"},
        {R"({"component": [{"domain": "rooms.x", "secret": 7}]})", "/component/0/secret: want text, got a number"},
        {R"({"component": {"domain": "rooms.x", "secret_file": "/not/there"}})",
         "/component/secret_file: cannot read /not/there: No such file or directory"},
        {R"({"component": {"domain": "rooms.x", "secret_file": "/dev/null"}})",
         "/component/secret_file: cannot read /dev/null: want a secret, got an empty file"},
        {R"({"component": {"domain": "rooms.x", "secret": "x", "secret_file": "/dev/null"}})",
         "/component/secret_file: want one of secret and secret_file, got both"},
        {R"({"guest": {}})", "/guest: this version enters no rooms that live elsewhere; leave the key out"},
        {R"({"console": {}})", "/console: this version has no web console; leave the key out"},
        {R"({"brokers": []})",
         "/brokers: want an object of 1 to 100 brokers by name, such as {\"main\": {\"url\": "
         "\"mqtt://127.0.0.1:1883\"}}, got a list"},
        {R"({"brokers": {"main": 7}})", "/brokers/main: want an object, got 7"},
        {R"({"brokers": {"main": {"pasword": "x"}}})", "/brokers/main/pasword: unknown key; did you mean password?"},
        {R"({"brokers": {"main": {"password": 4711}}})", "/brokers/main/password: want text, got a number"},
        {R"({"brokers": {"main": {"verify": 1}}})", "/brokers/main/verify: want true or false, got 1"},
        {R"({"brokers": {"main": {"protocol": "mqtt-4"}}})",
         "/brokers/main/protocol: want mqtt-5, mqtt-3.1.1, amqp-0-9-1 or amqp-1.0, got \"mqtt-4\""},
        {R"({"brokers": {"main": {"keep_alive": 70000}}})",
         "/brokers/main/keep_alive: want a whole number from 1 to 65535, got 70000"},
        {R"({"brokers": {"main": {"keep_alive": 1.5}}})",
         "/brokers/main/keep_alive: want a whole number from 1 to 65535, got 1.5"},
        {R"({"brokers": {"main": {"queue_lines": -1}}})",
         "/brokers/main/queue_lines: want a whole number from 1 to 10000000, got -1"},
        {R"({"brokers": {"main": {"queue_lines": 99999999999999999999}}})",
         "/brokers/main/queue_lines: want a whole number from 1 to 10000000, got 1e+20"},
        {R"({"brokers": {"main": {"queue_age": 60}}})",
         "/brokers/main/queue_age: want a whole number from 3600 to 315360000, got 60"},
        {R"({"brokers": {"main": {"queue_age": "7d"}}})",
         "/brokers/main/queue_age: want a whole number from 3600 to 315360000, got \"7d\""},
        {R"({"brokers": {"main": {"session_expiry": 4294967296}}})",
         "/brokers/main/session_expiry: want a whole number from 0 to 4294967295, got 4294967296"},
        {R"({"brokers": {"main": {"url": 7}}})", "/brokers/main/url: want text or a list of at most 16 texts, got 7"},
        {R"({"brokers": {"main": {"url": []}}})",
         "/brokers/main/url: want a URL or a list of 1 to 16 of them, got an empty list"},
        {R"({"brokers": {"main": {"url": ["mqtt://a", 7]}}})", "/brokers/main/url/1: want text, got a number"},
        {R"({"brokers": {"main": {"url": ["mqtt://a", "mqtt://b:0"]}}})",
         "/brokers/main/url/1: want HOST[:PORT] with a port from 1 to 65535, IPv6 as [::1], got mqtt://b:0"},
        {R"({"brokers": {"main": {"url": ["mqtt://a", "mqtts://b"]}}})",
         "/brokers/main/url/1: want the nodes of one cluster, all mqtt://, all mqtts://, all amqp:// or all amqps://, "
         "got mqtt://a:1883 and "
         "mqtts://b:8883"},
        {R"({"brokers": {"main": {"url": ["mqtt://a", "embedded:"]}}})",
         "/brokers/main/url/1: want the nodes of one cluster, all mqtt://, all mqtts://, all amqp:// or all amqps://, "
         "got mqtt://a:1883 and "
         "embedded:"},
        {R"({"brokers": {"main": {"url": ["memory:", "memory:"]}}})",
         "/brokers/main/url/1: want the nodes of one cluster, all mqtt://, all mqtts://, all amqp:// or all amqps://, "
         "got memory: and memory:"},
        {R"({"brokers": {"main": {"url": ["mqtt://a", "mqtt://a:1883"]}}})",
         "/brokers/main/url/1: want the nodes of one cluster, each once, got mqtt://a:1883 again"},
        {R"({"brokers": {"main": {"url": ["mqtt://u@a", "mqtt://v@b"]}}})",
         "/brokers/main/url/1: want the nodes of one cluster, with one user and password, got others than before"},
        {R"({"brokers": {"main": {"url": ["mqtt://u:p@a", "mqtt://u:q@b"]}}})",
         "/brokers/main/url/1: want the nodes of one cluster, with one user and password, got others than before"},
        {R"({"brokers": {"main": {"url": ["mqtt://a", "mqtt://u@b"], "username": "v"}}})",
         "/brokers/main/url: want user and password once, got them here and in keys of their own"},
        {R"({"brokers": {"main": {"certificate": "/dev/null"}}})",
         "/brokers/main: want certificate and key together, got one of them"},
        {R"({"brokers": {"main": {"status_topic": "a/#"}}})",
         "/brokers/main/status_topic: want a topic without # and +"},
        {R"({"brokers": {"main": {"password": "a", "password_file": "/dev/null"}}})",
         "/brokers/main/password_file: want one of password and password_file, got both"},
        {R"({"brokers": {"main": {"password_file": "/not/there"}}})",
         "/brokers/main/password_file: cannot read /not/there: No such file or directory"},
        {R"({"brokers": {"main": {"password_file": "/dev/null"}}})",
         "/brokers/main/password_file: cannot read /dev/null: want a secret, got an empty file"},
        {R"({"brokers": {"main": {"ca_file": "/not/there"}}})",
         "/brokers/main/ca_file: cannot read /not/there: No such file or directory"},
        {R"({"brokers": {"main": {"ca_file": "/dev/zero"}}})",
         "/brokers/main/ca_file: cannot read /dev/zero: want at most 16777216 bytes"},
        {R"({"brokers": {"main": {"url": "mqtt://a:b@h", "username": "c"}}})",
         "/brokers/main/url: want user and password once, got them here and in keys of their own"},
        {R"({"brokers": {"main": {"profile": "rabbitmq"}}})",
         "/brokers/main/profile: want it with protocol amqp-1.0 alone"},
        {R"({"rules": {}})",
         "/rules: want a list of 1 to 10000 rules (without the key: the default rule), got an object"},
        {R"({"rules": []})", "/rules: want a list of 1 to 10000 rules (without the key: the default rule), got 0"},
        {R"({"rules": [7]})", "/rules/0: want an object, got 7"},
        {R"({"rules": [{"room": "a"}]})", "/rules/0: want topic, or read and write"},
        {R"({"rules": [{"room": "a", "read": "a"}]})", "/rules/0: want write (or topic, or direction in)"},
        {R"({"rules": [{"room": "a", "write": "a"}]})", "/rules/0: want read (or topic, or direction out)"},
        {R"({"rules": [{"room": "a", "topic": "a", "read": "b", "write": "c"}]})",
         "/rules/0/topic: want topic, or read and write; got all three"},
        {R"({"rules": [{"room": "a", "topic": "a", "write": "c", "direction": "in"}]})",
         "/rules/0/write: direction in publishes nothing; leave the key out"},
        {R"({"rules": [{"room": "a", "topic": "a", "read": "c", "direction": "out"}]})",
         "/rules/0/read: direction out reads nothing; leave the key out"},
        {R"({"rules": [{"room": "a", "topic": "a", "qos": 7}]})", "/rules/0/qos: want 0, 1 or 2, got 7"},
        {R"({"rules": [{"room": "a", "topic": "a", "qos": "1"}]})", "/rules/0/qos: want 0, 1 or 2, got \"1\""},
        {R"({"rules": [{"room": "a", "topic": "a", "qos": true}]})", "/rules/0/qos: want 0, 1 or 2, got true"},
        {R"({"rules": [{"room": "a", "topic": "a", "qoss": 1}]})", "/rules/0/qoss: unknown key; did you mean qos?"},
        {R"({"rules": [{"room": "a", "topic": "a", "direction": "inwards"}]})",
         "/rules/0/direction: want both, out or in, got \"inwards\""},
        {R"({"rules": [{"room": "a", "topic": "a", "payload": null}]})",
         "/rules/0/payload: want text or json, got null"},
        {R"({"rules": [{"room": "a", "topic": "a", "persistent": "yes"}]})",
         "/rules/0/persistent: want true or false, got \"yes\""},
        {R"({"rules": [{"room": "a", "topic": "a", "overflow": "drop"}]})",
         "/rules/0/overflow: want close or drop-oldest, got \"drop\""},
        {R"({"rules": [{"room": "a", "topic": "a", "mirrors": [{"topic": "b", "persistent": true}]}]})",
         "/rules/0/mirrors/0/persistent: unknown key"},
        {R"({"store": true})", "/store: want an object, got true"},
        {R"({"store": {"durability": "disk"}})", "/store/durability: want power or process, got \"disk\""},
        {R"({"store": {"archive_lines": -1}})",
         "/store/archive_lines: want a whole number from 0 to 1000000000, got -1"},
        {R"({"store": {"archive_days": 0.5}})", "/store/archive_days: want a whole number from 0 to 36500, got 0.5"},
        {R"({"store": {"archive_age": 5}})", "/store/archive_age: unknown key; did you mean archive_days?"},
        {R"({"limits": {"persistent_rooms": -1}})",
         "/limits/persistent_rooms: want a whole number from 0 to 10000000, got -1"},
        {R"({"rules": [{"room": "a", "topic": "a", "who": {"read": "*"}}]})",
         "/rules/0/who: want read and write, got no write; \"write\": [] is nobody, \"*\" everybody"},
        {R"({"rules": [{"room": "a", "topic": "a", "who": {"write": []}}]})",
         "/rules/0/who: want read and write, got no read; \"read\": [] is nobody, \"*\" everybody"},
        {R"({"rules": [{"room": "a", "topic": "a", "who": "*"}]})", "/rules/0/who: want an object, got \"*\""},
        {R"({"rules": [{"room": "a", "topic": "a", "who": {"read": "*", "write": ["*", "example.org"]}}]})",
         "/rules/0/who/write/1: want * (anybody) or localpart@domain, such as ops-*@example.org, got \"example.org\""},
        {R"({"rules": [{"room": "a", "topic": "a", "who": {"read": "a@b/c", "write": []}}]})",
         "/rules/0/who/read: want * (anybody) or localpart@domain, such as ops-*@example.org, got \"a@b/c\": bare "
         "JIDs have no /resource"},
        {R"({"rules": [{"room": "a", "topic": "a", "who": {"read": "*", "write": 7}}]})",
         "/rules/0/who/write: want text or a list of at most 1000 texts, got 7"},
        {R"({"rules": [{"room": "a", "topic": "a", "mirrors": "b"}]})",
         "/rules/0/mirrors: want a list of at most 100 topics or mirrors, got \"b\""},
        {R"({"rules": [{"room": "a", "topic": "a", "mirrors": [7]}]})",
         "/rules/0/mirrors/0: want a topic or an object, got 7"},
        {R"({"rules": [{"room": "a", "topic": "a", "mirrors": ["b", {"qos": 1}]}]})",
         "/rules/0/mirrors/1: want topic, or read and write"},
        {R"({"rules": [{"room": "a", "topic": "a", "mirrors": [{"topic": "b", "qos": 3}]}]})",
         "/rules/0/mirrors/0/qos: want 0, 1 or 2, got 3"},
        {R"({"rules": [{"room": "a", "topic": "a", "mirrors": [{"topic": "b", "who": {}}]}]})",
         "/rules/0/mirrors/0/who: unknown key"},
        {R"({"rules": [{"room": "a", "topic": "a", "mirrors": [{"topic": "b", "broker": "east"}]}]})",
         "/rules/0/mirrors/0/broker: want the name of a broker (main), got east"},
        {R"({"rules": [{"room": "b", "topic": "b"}, {"room": "a", "topic": "a", "mirrors": ["x", "a"]}]})",
         "/rules/1/mirrors/1: publishes to a on broker main, as its home does"},
        {R"({"rules": [{"room": "b", "topic": "b"}, {"room": "a", "topic": "a", "mirrors": ["x/#"]}]})",
         "/rules/1/mirrors/0/topic: \"#\" holds a wildcard, which nothing can be published to; want \"write\" an "
         "address, or \"direction\": \"in\""},
        {R"({"rules": [{"room": "a.{x}", "topic": "H/{x}", "mirrors": ["M/{x}"]},
                       {"room": "b.{x}", "topic": "M/{x}", "mirrors": ["H/{x}"]}]})",
         "/rules/1/mirrors: lines would go round: room b.x and room a.x of rule 0 (a.{x} = H/{x}) both join M/x on "
         "broker main and H/x on broker main"},
        {R"({"aliases": ["a"]})",
         "/aliases: want an object of topics by room, such as {\"kitchen\": \"Sensors/Kitchen 1\"}, got a list"},
        {R"({"aliases": {"a": 7}})", "/aliases/a: want text, got a number"},
        {R"({"aliases": {"a": "b/#"}})", "/aliases/a: want a topic, got \"b/#\" with the wildcard #"},
        {R"({"aliases": {"a": "$SYS/b"}})", "/aliases/a: \"$SYS/b\" begins with $; such topics are the broker's own"},
        {R"({"aliases": {"a": "b//c"}})",
         "/aliases/a: \"b//c\" has an empty level; want something on both sides of each /"},
        {R"({"aliases": {"a b": "c"}})",
         "/aliases/a b: want the name of a room: the localpart \"a b\" holds a space or one of \" & ' / : < > @"},
        {R"({"aliases": {"a": "x", "b": "x"}})", "/aliases/b: \"x\" is called \"a\" already; a topic has one room"},
        {R"({"aliases": {"A": "x", "a": "y"}})",
         "/aliases/a: room \"a\" stands for two topics; rooms' names are folded (RFC 7622)"},
        {R"({"rules": [{"room": "a", "topic": "a", "broker": "east"}]})",
         "/rules/0/broker: want the name of a broker (main), got east"},
        {R"({"brokers": {"east": {"url": "memory:"}, "west": {"url": "memory:"}},
             "rules": [{"room": "a", "topic": "a"}]})",
         "/rules/0/broker: want the name of a broker, since none is called main: east, west"},
        {R"({"log": {"format": "xml"}})", "/log/format: want text or json, got \"xml\""},
        {R"({"log": {"levle": "info"}})", "/log/levle: unknown key; did you mean level?"},
        {R"({"limits": {"stanza_bytes": 100}})",
         "/limits/stanza_bytes: want a whole number from 10000 to 67108864, got 100"},
        {R"({"limits": {"children": {}}})", "/limits/children: want a whole number from 64 to 1000000, got an object"},
        {R"({"loops": 1000})", "/loops: want a whole number from 0 to 256, got 1000"},
        {R"({"seal_key_file": "/not/there"})", "/seal_key_file: cannot read /not/there: No such file or directory"},
    };
    for (const auto& [text, error] : table) {
        CAPTURE(std::string(text));
        const auto loaded = load_file(folder, text);
        REQUIRE(loaded.problems.errors().size() == 1);
        CHECK(loaded.problems.errors().front() == error);
        CHECK(loaded.problems.to_exit_code() == exit_code::configuration);
    }
}

TEST_CASE("errors that other folders word have their path here") {
    const TemporaryFolder folder;
    const Wrong table[] = {
        {R"({"domain": "not a domain"})", "/domain: "},
        {R"({"listen": ["http://127.0.0.1:1"]})", "/listen/0: "},
        {R"({"listen": ["xmpp://127.0.0.1:99999"]})", "/listen/0: "},
        {R"({"listen": ["xmpp://127.0.0.1:1", "wss://127.0.0.1:2"]})", "/listen/1: "},
        {R"({"brokers": {"main": {"url": "http://example.org"}}})", "/brokers/main/url: "},
        {R"({"brokers": {"main": {"url": "amqp://example.org/a/b"}}})", "/brokers/main/url: want HOST[:PORT]/VHOST"},
        {R"({"brokers": {"main": {"url": "amqp://h", "protocol": "mqtt-5"}}})",
         "/brokers/main/protocol: want one that"},
        {R"({"brokers": {"main": {"url": "mqtt://h", "protocol": "amqp-0-9-1"}}})",
         "/brokers/main/protocol: want one that"},
        {R"({"brokers": {"main": {"url": "amqp://h", "protocol": "amqp-1.0"}}})",
         "/brokers/main: want profile, of AMQP"},
        {R"({"brokers": {"main": {"url": "amqp://h", "protocol": "amqp-1.0", "profile": "artemis"}},
             "rules": [{"topic": "a", "mandatory": true}]})",
         "/rules/0/mandatory: want an AMQP 0-9-1 broker"},
        {R"({"rules": [{"topic": "a", "mandatory": true}]})", "/rules/0/mandatory: want an AMQP 0-9-1 broker"},
        {R"({"rules": [{"topic": "a", "queue": {"max_length": 3}}]})", "/rules/0/queue: want an AMQP 0-9-1 broker"},
        {R"({"rules": [{"topic": "a", "queue": {"type": "lazy"}}]})", "/rules/0/queue/type: want classic"},
        {R"({"brokers": {"main": {"url": "amqp://h"}},
             "rules": [{"topic": "a", "queue": {"type": "stream", "max_length": 3}}]})",
         "/rules/0/queue/max_length: want none: a stream has"},
        {R"({"brokers": {"main": {"url": "amqp://h"}},
             "rules": [{"topic": "a", "queue": {"type": "stream", "dead_letter_exchange": "d"}}]})",
         "/rules/0/queue/dead_letter_exchange: want none: a stream has"},
        {R"({"brokers": {"main": {"url": "amqp://h"}}, "rules": [{"topic": "a", "retain": true}]})",
         "/rules/0/retain: an AMQP"},
        {R"({"brokers": {"main": {"url": "mqtt://h:0"}}})", "/brokers/main/url: "},
        {R"({"brokers": {"main": {"url": "localhost:1883"}}})", "/brokers/main/url: "},
        {R"({"rules": [{"room": "{a}", "topic": "{b}"}]})", "/rules/0"},
        {R"({"rules": [{"room": "a", "topic": "a"}, {"room": "{a}", "topic": "{a}/#"}]})", "/rules/1"},
    };
    for (const auto& [text, start] : table) {
        CAPTURE(text);
        const auto loaded = load_file(folder, text);
        REQUIRE(loaded.problems.errors().size() == 1);
        CAPTURE(loaded.problems.errors().front());
        CHECK(loaded.problems.errors().front().find(start) == 0);
    }
}

TEST_CASE("all errors are told, not only the first") {
    const TemporaryFolder folder;
    const auto loaded = load_file(folder, R"({
        "domian": "a", "login": 7, "limits": {"depth": 0},
        "brokers": {"main": {"url": "x", "verify": 2}},
        "rules": [{"room": "a", "topic": "a", "qos": 3}, {"rom": "b", "topic": "b"}]})");
    const auto& errors = loaded.problems.errors();
    for (const std::string start : {"/domian: ", "/login: ", "/limits/depth: ", "/brokers/main/url: ",
                                    "/brokers/main/verify: ", "/rules/0/qos: ", "/rules/1/rom: "}) {
        CAPTURE(start);
        CHECK(std::count_if(errors.begin(), errors.end(),
                            [&](const std::string& error) { return error.find(start) == 0; }) == 1);
    }
    CHECK(errors.size() == 7);
}

TEST_CASE("two rules that the mapper refuses are both told") {
    const TemporaryFolder folder;
    const auto loaded = load_file(folder, R"({"rules": [{"room": "{a}", "topic": "{b}"}, {"room": "x", "topic": "y"},
                                                        {"room": "{c}", "topic": "{d}"}]})");
    REQUIRE(loaded.problems.errors().size() == 2);
    CHECK(loaded.problems.errors()[0].find("/rules/0") == 0);
    CHECK(loaded.problems.errors()[1].find("/rules/2") == 0);
}

TEST_CASE("an open login on a listener that others reach is refused until it is allowed [S9]") {
    const TemporaryFolder folder;
    for (const std::string listen : {"xmpp://0.0.0.0:61222", "xmpp://[::]:61222", "xmpp://192.0.2.1:61222"})
        for (const std::string login : {"open", "anonymous"}) {
            CAPTURE(listen);
            const auto text = R"({"login": ")" + login + R"(", "listen": ["xmpp://127.0.0.1:1", ")" + listen + R"("])";
            const auto loaded = load_file(folder, text + "}");
            REQUIRE(loaded.problems.errors().size() == 1);
            const auto& error = loaded.problems.errors().front();
            CHECK(error.find("/listen/1: " + listen + " can be reached by others, and login " + login) == 0);
            CHECK(error.find("--allow-open-login") != std::string::npos);
            CHECK(load_file(folder, text + R"(, "allow_open_login": true})").problems.is_fine());
        }
    for (const std::string listen :
         {"xmpp://127.0.0.1:1", "xmpp://127.9.9.9:1", "xmpp://[::1]:1", "xmpp://localhost:1"})
        CHECK(load_file(folder, R"({"listen": ")" + listen + R"("})").problems.is_fine());
}

TEST_CASE("what others reach wants who in every rule, by path [S9]") {
    const TemporaryFolder folder;
    const std::string rules = R"("rules": [{"room": "a", "topic": "a", "who": {"read": "*", "write": []}},
                                           {"room": "b", "topic": "b"}])";
    const std::string listen = R"("listen": "xmpp://0.0.0.0:1", "allow_open_login": true)";
    const std::string component = R"("component": {"server": "xmpp://xmpp.x", "domain": "rooms.x", "secret": "s"})";
    const auto only_error = [&](const std::string& text) {
        const auto loaded = load_file(folder, "{" + text + "}");
        return loaded.problems.errors().size() == 1 ? loaded.problems.errors().front() : "not one error";
    };
    CHECK(only_error(rules + "," + listen) ==
          "/rules/1/who: want who may read and write, since xmpp://0.0.0.0:1 can be reached by others: {\"read\": "
          "\"*\", \"write\": \"*\"} lets everybody");
    CHECK(only_error(rules + "," + component) ==
          "/rules/1/who: want who may read and write, since the users of xmpp://xmpp.x:5347, and of every server that "
          "talks to it, come in through the component: {\"read\": \"*\", \"write\": \"*\"} lets everybody");
    CHECK(only_error(component) ==
          "/rules/0/who: want who may read and write, since the users of xmpp://xmpp.x:5347, and of every server that "
          "talks to it, come in through the component: rules in a file say it, and --allow-open-login lets everybody");
    CHECK(load_file(folder, "{" + rules + "}").problems.is_fine());
    // The rules of a file say it themselves: no flag says it for them.
    CHECK(only_error(rules + "," + component + R"(, "allow_open_login": true)").find("/rules/1/who: ") == 0);
    for (const auto& text : {listen, component + R"(, "allow_open_login": true)"}) {
        const auto loaded = load_file(folder, "{" + text + "}");
        CHECK(loaded.problems.is_fine());
        CHECK(loaded.config.rules.front().who.configured);
        CHECK(loaded.config.rules.front().who.read == std::vector<std::string>{"*"});
        CHECK(loaded.config.rules.front().who.write == std::vector<std::string>{"*"});
    }
}

TEST_CASE("a component needs a domain and a secret, and no two are one [XEP-0114]") {
    const TemporaryFolder folder;
    const std::string rules = R"("rules": [{"topic": "{name}", "who": {"read": "*", "write": "*"}}])";
    const auto errors = [&](const std::string& component, const std::string& more = {}) {
        return load_file(folder, R"({"component": )" + component + "," + rules + more + "}").problems.errors();
    };
    using Texts = std::vector<std::string>;
    CHECK(errors(R"({})") ==
          Texts{"/component: want the rooms' domain, such as \"domain\": \"rooms.localhost\"",
                "/component: want secret_file, a file that holds the secret which the server knows (or "
                "MUCBRIDGE_COMPONENT_SECRET, ..._FILE)"});
    CHECK(errors(R"([{"domain": "a.x", "secret": "1"}, {"domain": "b.x"}])") ==
          Texts{"/component/1: want secret_file, a file that holds the secret which the server knows"});
    CHECK(
        errors(
            R"([{"domain": "a.x", "secret": "1"}, {"domain": "A.x", "server": "xmpp://127.0.0.1", "secret": "2"}])") ==
        Texts{"/component/1: a.x is a component of xmpp://127.0.0.1:5347 already; want it once"});
    CHECK(errors(R"([{"domain": "a.x", "secret": "1"}, {"domain": "a.x", "server": "xmpp://[::1]", "secret": "2"}])")
              .empty());
    CHECK(errors(R"({"domain": "x", "secret": "1"})", R"(, "domain": "x", "listen": "xmpp://127.0.0.1:0")") ==
          Texts{"/component/domain: want a domain of its own, got x, which the accounts that log in here have"});
    CHECK(errors(R"({"domain": "a.x", "secret": "1", "server": "http://x"})").front().find("/component/server: ") == 0);
}

TEST_CASE("a file that is not there is an error of the configuration") {
    ConfigFlags flags;
    flags.file = "/not/there.json";
    const auto loaded = load_config(flags, {});
    REQUIRE(loaded.problems.errors().size() == 1);
    CHECK(loaded.problems.errors().front() == "cannot read /not/there.json: No such file or directory");
    CHECK(loaded.problems.to_exit_code() == exit_code::configuration);
}

TEST_CASE("no error shows a password") {
    const TemporaryFolder folder;
    for (const std::string url : {"mqtt://user:hunter2@h:99999", "mqtt://user:hunter2%zz@h", "http://user:hunter2@h",
                                  "mqtt://user:hunter2@h/path", "mqtt://user:hunter2@", "amqp://user:hunter2@h/a/b"}) {
        const auto loaded = load_file(folder, R"({"brokers": {"main": {"url": ")" + url + R"("}}})");
        REQUIRE(loaded.problems.errors().size() == 1);
        CAPTURE(loaded.problems.errors().front());
        CHECK(loaded.problems.errors().front().find("hunter2") == std::string::npos);
    }
}

}  // namespace mucbridge
