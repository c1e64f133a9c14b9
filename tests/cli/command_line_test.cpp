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
    for (const auto& [words, says] : std::vector<Wrong>{{{}, "want a subcommand"},
                                                        {{"dance"}, "there is no dance"},
                                                        {{"statuss"}, "Did you mean status?"},
                                                        {{"run", "--lisen", "x"}, "Did you mean --listen?"},
                                                        {{"run", "--rule=nothing"}, "--rule: want ROOM=TOPIC"},
                                                        {{"run", "--login", "opne"}, "--login: want open"},
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
    for (const std::string key : {"\"rooms_domain\"", "\"queue_lines\"", "\"direction\"", "\"stanza_bytes\""})
        CHECK(has(outcome.out, key));
    CHECK_FALSE(has(outcome.out, "\"tls\""));
}

}  // namespace mucbridge
