#include <doctest/doctest.h>

#include "cli/exit_code.hpp"
#include "program.hpp"
#include "temporary_folder.hpp"

namespace mucbridge {
TEST_CASE("the version and the help are on stdout and exit with 0") {
    CHECK(run({"--version"}).out == "mucbridge 0.1.0\n");
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"--help"}, {"run", "--help"}, {"send", "-h"}, {"wait", "--help"}, {"map", "--help"}}) {
        const auto outcome = run(words);
        CHECK(outcome.code == 0);
        CHECK(has(outcome.out, "--help"));
        CHECK(outcome.errors.empty());
    }
}

TEST_CASE("a wrong command line exits with 64 and a hint") {
    struct Wrong {
        std::vector<std::string> words;
        std::string says;
    };
    for (const auto& [words, says] :
         std::vector<Wrong>{{{}, "want a subcommand"},
                            {{"dance"}, "there is no dance"},
                            {{"statuss"}, "Did you mean status?"},
                            {{"run", "--lisen", "x"}, "Did you mean --listen?"},
                            {{"run", "--rule=nothing"}, "--rule: want ROOM=TOPIC"},
                            {{"run", "--login", "opne"}, "--login: want open"},
                            {{"account"}, "want a subcommand.\nTry: mucbridge account --help"},
                            {{"account", "lst"}, "Did you mean list?"},
                            {{"account", "add"}, "name is required"},
                            {{"wait", "--timeout", "soon"}, "--timeout"},
                            {{"wait", "--for", "rain"}, "--for"},
                            {{"send"}, "target"},
                            {{"send", "a/b", "x", "--qos", "3"}, "--qos"},
                            {{"tail", "a", "--room", "--topic"}, "--room"},
                            {{"map", "a", "b\n\x1b[31m"}, "what is b\\x0a"}}) {
        CAPTURE(says);
        const auto outcome = run(words);
        CHECK(outcome.code == exit_code::usage);
        CHECK(has(outcome.errors, says));
        CHECK(outcome.out.empty());
    }
}

TEST_CASE("check prints OK, or every error with its path, and exits with 78") {
    const TemporaryFolder folder;
    const auto file = folder.write("bridge.json", R"({"rules": [{"room": "a", "topic": "a", "qos": 7}], "lgoin": 1})");
    const auto wrong = run({"check", "-c", file});
    CHECK(wrong.code == exit_code::configuration);
    CHECK(has(wrong.errors, "\n/rules/0/qos: want 0, 1 or 2, got 7\n"));
    CHECK(has(wrong.errors, "\n/lgoin: unknown key; did you mean login?\n"));
    CHECK(wrong.out.empty());
    CHECK(run({"run", "-c", file}).code == exit_code::configuration);
    const auto right = run({"check", "--broker", "mqtt://u:secret@127.0.0.1"});
    CHECK(right.code == 0);
    CHECK(right.out == "OK\n");
    CHECK(has(right.errors, "warning: --broker: holds a password"));
    CHECK_FALSE(has(right.errors, "secret"));
}

TEST_CASE("an open login on all addresses is refused in words that help [S9]") {
    const auto outcome = run({"check", "--listen", "xmpp://0.0.0.0:61222"});
    CHECK(outcome.code == exit_code::configuration);
    CHECK(has(outcome.errors, "--allow-open-login"));
    CHECK(run({"check", "--listen", "xmpp://0.0.0.0:61222", "--allow-open-login"}).code == 0);
}

TEST_CASE("map says where a room and a topic go") {
    for (const std::string word : {"foo.bar@rooms.localhost", "foo/bar", "foo.bar"}) {
        const auto outcome = run({"map", word});
        CHECK(outcome.code == 0);
        CHECK(has(outcome.out, "foo/bar"));
        CHECK(has(outcome.out, "foo.bar"));
    }
    CHECK(has(run({"map", "plant.7", "--rule", "plant.{line}=factory/{line}/chat"}).out, "factory/7/chat"));
    CHECK_FALSE(has(run({"map", "a.b", "--room"}).out, "topic a.b"));
    CHECK_FALSE(has(run({"map", "a.b", "--topic"}).out, "room a.b is"));
}

TEST_CASE("map says who may read and write, the alias and the mirrors, both ways") {
    const TemporaryFolder folder;
    const auto file = folder.write("bridge.json", R"({
        "brokers": {"main": {"url": "memory:"}, "east": {"url": "memory:"}},
        "aliases": {"kitchen": "Sensors/Kitchen 1"},
        "rules": [{"room": "{name}", "topic": "home/{name}",
                   "who": {"read": "*", "write": ["ops-*@example.org", "admin@example.org"]},
                   "mirrors": [{"topic": "copy/{name}", "broker": "east"}]}]})");
    const auto room = run({"map", "kitchen@rooms.localhost", "-c", file});
    CHECK(room.code == 0);
    for (const std::string line :
         {"room kitchen is home/Sensors/Kitchen 1 on broker main, by rule 0\n", "    alias of   Sensors/Kitchen 1\n",
          "    may read   everybody\n", "    may write  ops-*@example.org, admin@example.org\n", "    mirror 0\n",
          "        publishes  copy/Sensors/Kitchen 1\n"})
        CHECK(has(room.out, line));
    CHECK(has(run({"map", "home/Sensors/Kitchen 1", "-c", file}).out,
              "topic home/Sensors/Kitchen 1 on broker main feeds room kitchen, by rule 0\n"));
    CHECK(has(run({"map", "copy/Sensors/Kitchen 1", "-c", file}).out,
              "topic copy/Sensors/Kitchen 1 on broker east feeds room kitchen, by mirror 0 of rule 0\n"));
    CHECK(has(run({"map", "home/Sensors/Cellar", "-c", file}).out, "\"sensors.cellar\" is another topic"));
}

TEST_CASE("check warns of rules that are never reached, and of two rooms with one address") {
    const TemporaryFolder folder;
    const auto file = folder.write("bridge.json", R"({
        "rules": [{"room": "plant.{line}", "topic": "factory/{line}/chat"}, {"room": "plant.a", "topic": "a"},
                  {"room": "{name}", "topic": "{name}"}]})");
    const auto outcome = run({"check", "-c", file});
    CHECK(outcome.code == 0);
    CHECK(outcome.out == "OK\n");
    CHECK(has(outcome.errors,
              "warning: /rules/1/room: is never reached: rule 0 (plant.{line} = factory/{line}/chat) "
              "takes all of its rooms\n"));
    CHECK(has(outcome.errors,
              "warning: /rules/2/write: room factory.x.chat publishes to factory/x/chat on broker main, "
              "as room plant.x of rule 0 (plant.{line} = factory/{line}/chat) does\n"));
}

TEST_CASE("status, wait and send without a gateway exit with 69") {
    const TemporaryFolder folder;
    const auto state = folder.path("state");
    for (const auto& words : std::vector<std::vector<std::string>>{{"status"},
                                                                   {"status", "--json"},
                                                                   {"wait", "--timeout", "0"},
                                                                   {"tail", "foo/bar", "--count", "1"},
                                                                   {"send", "foo/bar", "hello"}}) {
        auto all = words;
        all.insert(all.end(), {"--state", state});
        const auto outcome = run(all);
        CHECK(outcome.code == exit_code::unavailable);
        CHECK(has(outcome.errors, "mucbridge: "));
        CHECK(outcome.out.empty());
    }
}

TEST_CASE("the schema is JSON and knows the keys") {
    const auto outcome = run({"schema"});
    CHECK(outcome.code == 0);
    for (const std::string key :
         {"\"rooms_domain\"", "\"queue_lines\"", "\"direction\"", "\"stanza_bytes\"", "\"secret_file\"", "\"mirrors\"",
          "\"aliases\"", "\"who\"", "\"component_queue_bytes\""})
        CHECK(has(outcome.out, key));
    for (const std::string key : {"\"queue_age\"", "\"session_expiry\"", "\"persistent\"", "\"overflow\"",
                                  "\"durability\"", "\"archive_days\"", "\"persistent_rooms\""})
        CHECK(has(outcome.out, key));
    for (const std::string key : {"\"tls\"", "\"client_ca\"", "\"resume_time\"", "\"accounts\"", "\"legacy_auth\""})
        CHECK(has(outcome.out, key));
    CHECK_FALSE(has(outcome.out, "\"guest\""));
}

}  // namespace mucbridge
