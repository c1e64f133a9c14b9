#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "cli/exit_code.hpp"
#include "core/scram.hpp"
#include "program.hpp"
#include "store/accounts.hpp"
#include "temporary_folder.hpp"

namespace mucbridge {
namespace {

/// Puts another file in stdin's place for as long as it lives.
class StdinFrom {
public:
    explicit StdinFrom(int file) : before_(::dup(STDIN_FILENO)) {
        ::dup2(file, STDIN_FILENO);
        ::close(file);
    }
    ~StdinFrom() {
        ::dup2(before_, STDIN_FILENO);
        ::close(before_);
    }
    StdinFrom(const StdinFrom&) = delete;
    StdinFrom& operator=(const StdinFrom&) = delete;

private:
    int before_;
};

int make_pipe(const std::string& content) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    REQUIRE(::write(ends[1], content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    ::close(ends[1]);
    return ends[0];
}

Outcome run_with(const std::string& input, const std::vector<std::string>& words) {
    const StdinFrom input_from(make_pipe(input));
    return run(words);
}

bool knows(const std::string& state, const std::string& name, const std::string& password) {
    auto accounts = Accounts::open(Accounts::path_in(state));
    REQUIRE(accounts.has_value());
    const auto found = accounts->find(name, ScramHash::sha256);
    const auto& kept = found->verifier;
    return found->is_known &&
           make_scram_verifier(ScramHash::sha256, password, kept.salt, kept.iterations).stored_key == kept.stored_key;
}

/// The program at a terminal of its own.
class AtTerminal {
public:
    explicit AtTerminal(const std::vector<std::string>& words) : master_(::posix_openpt(O_RDWR | O_NOCTTY)) {
        REQUIRE(master_ >= 0);
        REQUIRE(::grantpt(master_) == 0);
        REQUIRE(::unlockpt(master_) == 0);
        const std::string name = ::ptsname(master_);
        child_ = ::fork();
        if (child_ == 0) {
            ::setsid();
            const int slave = ::open(name.c_str(), O_RDWR);  // the new session's terminal
            for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
                ::dup2(slave, file);
            std::vector<const char*> argv{"mucbridge"};
            for (const auto& word : words)
                argv.push_back(word.c_str());
            const int code = run_command_line(static_cast<int>(argv.size()), argv.data());
            std::cout << std::flush;
            ::_exit(code);
        }
    }
    ~AtTerminal() {
        ::kill(child_, SIGKILL);
        ::close(master_);
    }
    AtTerminal(const AtTerminal&) = delete;
    AtTerminal& operator=(const AtTerminal&) = delete;

    bool waits_for(const std::string& words) {
        pollfd readable{master_, POLLIN, 0};
        while (!has(shown_, words)) {
            char part[256];
            if (::poll(&readable, 1, 10000) <= 0)
                return false;
            const auto got = ::read(master_, part, sizeof part);
            if (got <= 0)
                return false;
            shown_.append(part, static_cast<std::size_t>(got));
        }
        return true;
    }
    bool has_echo() const {
        termios now{};
        return ::tcgetattr(master_, &now) == 0 && (now.c_lflag & ECHO) != 0;
    }
    void type(const std::string& text) const {
        REQUIRE(::write(master_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    int wait() {
        int status = 0;
        ::waitpid(child_, &status, 0);
        return status;
    }
    const std::string& shown() const { return shown_; }

private:
    int master_;
    pid_t child_ = -1;
    std::string shown_;
};

}  // namespace

TEST_CASE("an account is added with a password from stdin, and can be listed and removed") {
    const TemporaryFolder folder;
    const auto state = folder.path("state");
    const auto added = run_with("art thou\nmore\n", {"account", "add", "Romeo", "--state", state});
    CHECK(added.code == 0);
    CHECK(added.out == "added romeo@localhost\n");
    CHECK(knows(state, "romeo", "art thou"));
    CHECK(run_with("capulet", {"account", "add", "juliet@localhost", "--state", state}).code == 0);
    CHECK(knows(state, "juliet", "capulet"));
    CHECK(run({"account", "list", "--state", state}).out == "juliet\nromeo\n");
    CHECK(has(run({"account", "list", "--json", "--state", state}).out,
              "{\"name\":\"juliet\",\"jid\":\"juliet@localhost\",\"created\":\"2"));
    CHECK(run({"account", "remove", "juliet", "--state", state}).out == "removed juliet@localhost\n");
    CHECK(run({"account", "list", "--state", state}).out == "romeo\n");
}

TEST_CASE("a password is changed, and is prepared before it is kept [RFC 4013]") {
    const TemporaryFolder folder;
    const auto state = folder.path("state");
    REQUIRE(run_with("one\r\n", {"account", "add", "romeo", "--state", state}).code == 0);
    CHECK(knows(state, "romeo", "one"));
    CHECK(run_with("I\u00adX\n", {"account", "password", "romeo", "--state", state}).out ==
          "new password of romeo@localhost\n");
    CHECK(knows(state, "romeo", "IX"));
}

TEST_CASE("what cannot be done to an account is said, with 64 for the wrong word and 69 for what is not there") {
    const TemporaryFolder folder;
    const auto state = folder.path("state");
    CHECK(has(run({"account", "list", "--state", state}).errors, "there are no accounts yet"));
    REQUIRE(run_with("x", {"account", "add", "romeo", "--state", state}).code == 0);
    struct Wrong {
        std::string input;
        std::vector<std::string> words;
        int code;
        std::string says;
    };
    for (const auto& [input, words, code, says] :
         std::vector<Wrong>{{"x", {"add", "ROMEO"}, 69, "romeo@localhost is there already"},
                            {"x", {"password", "juliet"}, 69, "there is no account juliet@localhost"},
                            {"", {"remove", "juliet"}, 69, "there is no account juliet@localhost"},
                            {"\n", {"add", "juliet"}, 64, "got an empty one"},
                            {"", {"add", "juliet"}, 64, "one line of stdin"},
                            {"a\x01z\n", {"add", "juliet"}, 64, "this cannot be a password: "},
                            {std::string(5000, 'x'), {"add", "juliet"}, 64, "at most 1023 bytes"},
                            {"x", {"add", "a b"}, 64, "want a name such as romeo: "},
                            {"x", {"add", ""}, 64, "want a name such as romeo: "},
                            {"x", {"add", "juliet@example.org"}, 64, "want a name, or a JID at localhost"},
                            {"x", {"add", "juliet@localhost/balcony"}, 64, "want a name, or a JID at localhost"},
                            {"x", {"add", "anon-1"}, 64, "begin with anon-"}}) {
        CAPTURE(says);
        std::vector<std::string> all{"account"};
        all.insert(all.end(), words.begin(), words.end());
        all.insert(all.end(), {"--state", state});
        const auto outcome = run_with(input, all);
        CHECK(outcome.code == code);
        CHECK(has(outcome.errors, says));
        CHECK(outcome.out.empty());
    }
    CHECK(run({"account", "list", "--state", state}).out == "romeo\n");
}

TEST_CASE("domain and state of a configuration are all that accounts need") {
    const TemporaryFolder folder;
    const auto state = folder.path("state");
    const auto file =
        folder.write("bridge.json", R"({"domain": "example.org", "login": "accounts", "listen": ["xmpp://0.0.0.0:5222"],
                           "tls": {"certificate": "/not/there", "key": "/not/there"}, "state": ")" +
                                        state + "\"}");
    CHECK(run_with("x", {"account", "add", "romeo@example.org", "-c", file}).out == "added romeo@example.org\n");
    CHECK(run({"account", "list", "-c", file}).out == "romeo\n");
    CHECK(run({"account", "list", "-c", folder.path("none.json")}).code == exit_code::configuration);
    CHECK(run({"account", "list", "-c", folder.write("broken.json", "{")}).code == exit_code::configuration);
    CHECK(run({"account", "list", "-c", folder.write("wrong.json", R"({"state": 7})")}).code ==
          exit_code::configuration);
}

TEST_CASE("a database that cannot be used is named, and exits with 69") {
    const TemporaryFolder folder;
    const auto file = folder.write("mucbridge.db", std::string(4096, 'x'));
    const auto outcome = run({"account", "list", "--state", folder.path("")});
    CHECK(outcome.code == exit_code::unavailable);
    CHECK(has(outcome.errors, "is damaged, or no SQLite database"));
}

TEST_CASE("at a terminal the password is asked for twice and not shown") {
    const TemporaryFolder folder;
    const auto state = folder.path("state");
    AtTerminal terminal({"account", "add", "romeo", "--state", state});
    REQUIRE(terminal.waits_for("New password of romeo@localhost: "));
    while (terminal.has_echo())
        ::usleep(1000);
    terminal.type("art thou\n");
    REQUIRE(terminal.waits_for("The same again: "));
    while (terminal.has_echo())
        ::usleep(1000);
    terminal.type("art thou\n");
    REQUIRE(terminal.waits_for("added romeo@localhost"));
    CHECK(terminal.wait() == 0);
    CHECK_FALSE(has(terminal.shown(), "art thou"));
    CHECK(terminal.has_echo());
    CHECK(knows(state, "romeo", "art thou"));
}

TEST_CASE("two passwords that differ are none") {
    const TemporaryFolder folder;
    AtTerminal terminal({"account", "add", "romeo", "--state", folder.path("state")});
    REQUIRE(terminal.waits_for("romeo@localhost: "));
    while (terminal.has_echo())
        ::usleep(1000);
    terminal.type("one\n");
    REQUIRE(terminal.waits_for("again: "));
    while (terminal.has_echo())
        ::usleep(1000);
    terminal.type("two\n");
    REQUIRE(terminal.waits_for("the two passwords differ"));
    CHECK(WEXITSTATUS(terminal.wait()) == exit_code::usage);
}

TEST_CASE("who interrupts the prompt has his terminal back as it was") {
    const TemporaryFolder folder;
    AtTerminal terminal({"account", "add", "romeo", "--state", folder.path("state")});
    REQUIRE(terminal.waits_for("romeo@localhost: "));
    while (terminal.has_echo())
        ::usleep(1000);
    terminal.type("\x03");
    const int status = terminal.wait();
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGINT);
    CHECK(terminal.has_echo());
}

}  // namespace mucbridge
