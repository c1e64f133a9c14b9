#include "cli/password_prompt.hpp"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iostream>

#include "core/saslprep.hpp"

namespace mucbridge {
namespace {

constexpr std::size_t longest = 4096;

volatile sig_atomic_t caught = 0;  // what a handler may touch

void on_signal(int signal) { caught = signal; }

/// The terminal shows nothing of what is typed. What would end or stop the program waits until it does again.
class Silence {
public:
    Silence() {
        caught = 0;
        struct sigaction handler {};
        handler.sa_handler = on_signal;  // without SA_RESTART: the read ends
        for (std::size_t at = 0; at < signals.size(); ++at)
            ::sigaction(signals.at(at), &handler, &before_.at(at));
        is_set_ = ::tcgetattr(STDIN_FILENO, &shown_) == 0;
        termios hidden = shown_;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        if (is_set_)
            ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    ~Silence() {
        if (is_set_)
            ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown_);
        for (std::size_t at = 0; at < signals.size(); ++at)
            ::sigaction(signals.at(at), &before_.at(at), nullptr);
        std::cerr << '\n';
        if (caught != 0)
            ::raise(caught);
    }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;

private:
    static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    std::array<struct sigaction, signals.size()> before_{};
    termios shown_{};
    bool is_set_ = false;
};

/// One line of stdin, and not a byte more.
Result<std::string> read_line() {
    std::string line;
    for (;;) {
        char byte = 0;
        const auto got = ::read(STDIN_FILENO, &byte, 1);
        if (got < 0 && errno == EINTR && caught == 0)
            continue;
        if (got < 0 || (got == 0 && line.empty()))
            return Error{"want a password: at a prompt, or as one line of stdin"};
        if (got == 0 || byte == '\n')
            break;
        line += byte;
        if (line.size() > longest)
            return Error{"want a password of at most 1023 bytes"};
    }
    if (!line.empty() && line.back() == '\r')
        line.pop_back();
    return line;
}

Result<std::string> ask(const std::string& question) {
    std::cerr << question << std::flush;
    const Silence silence;
    return read_line();
}

Result<std::string> ask_twice(const std::string& whose) {
    auto first = ask("New password of " + whose + ": ");
    if (!first)
        return first;
    const auto second = ask("The same again: ");
    if (!second)
        return second;
    if (*first != *second)
        return Error{"the two passwords differ"};
    return first;
}

}  // namespace

Result<std::string> read_new_password(const std::string& whose) {
    const auto typed = ::isatty(STDIN_FILENO) == 1 ? ask_twice(whose) : read_line();
    if (!typed)
        return typed;
    if (typed->empty())
        return Error{"want a password, got an empty one"};
    auto prepared = saslprep(*typed);
    if (!prepared)
        return Error{"this cannot be a password: ", prepared.error().text};
    return prepared;
}

}  // namespace mucbridge
