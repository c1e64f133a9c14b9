#include "broker/child.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <utility>

namespace mucbridge {
namespace {

using namespace std::chrono_literals;
constexpr auto patience = 2s;
constexpr std::size_t longest_line = 4096;

/// Between fork and exec: only what is safe in the child of a program with threads.
[[noreturn]] void become(char* const* arguments, int stderr_write, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent)  // it died before the line above
        ::_exit(127);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, STDIN_FILENO);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(stderr_write, STDERR_FILENO);
    ::syscall(SYS_close_range, 3U, ~0U, 0U);  // other libraries' sockets are not close-on-exec
    ::execv(arguments[0], arguments);
    ::_exit(127);
}

std::string words(int status) {
    if (WIFEXITED(status))
        return "ended with status " + std::to_string(WEXITSTATUS(status));
    return "was ended by signal " + std::to_string(WTERMSIG(status));
}

}  // namespace

Child::Child(std::vector<std::string> command, std::function<void(const std::string&)> said)
    : command_(std::move(command)),
      said_(std::move(said)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this] { run(); }) {}

Child::~Child() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
    thread_.join();
    ::close(wake_);
}

std::string Child::last_end() const {
    const std::lock_guard lock(mutex_);
    return last_end_;
}

// The parent-death signal is tied to the thread that forks, so that thread lives as long as the child may.
void Child::run() {
    auto pause = 100ms;
    do {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            continue;
        const auto started = std::chrono::steady_clock::now();
        const pid_t pid = start(ends[1]);
        ::close(ends[1]);
        if (pid > 0)
            read_until_end(pid, ends[0]);
        ::close(ends[0]);
        const bool lived = std::chrono::steady_clock::now() - started > 10s;
        pause = lived ? 100ms : std::min(pause * 2, 10000ms);
    } while (rest(pause));
}

pid_t Child::start(int stderr_write) {
    std::vector<char*> arguments;
    for (const auto& argument : command_)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0)
        become(arguments.data(), stderr_write, parent);
    if (pid > 0)
        pid_ = pid;
    return pid;
}

/// Reads what it says until it has ended; when the destructor calls, ends it first.
void Child::read_until_end(pid_t pid, int stderr_read) {
    using Clock = std::chrono::steady_clock;
    auto kill_at = Clock::time_point::max();
    bool asked = false;
    int status = 0;
    while (::waitpid(pid, &status, WNOHANG) == 0) {
        std::array<pollfd, 2> waiting{{{stderr_read, POLLIN, 0}, {asked ? -1 : wake_, POLLIN, 0}}};
        ::poll(waiting.data(), waiting.size(), 100);
        if (waiting[0].revents != 0) {
            std::array<char, 1024> bytes{};
            const auto size = ::read(stderr_read, bytes.data(), bytes.size());
            if (size > 0)
                hear(bytes.data(), static_cast<std::size_t>(size));
            else
                rest(10ms);  // it closed stderr and is about to end
        }
        if (waiting[1].revents != 0) {
            asked = true;
            ::kill(pid, SIGTERM);
            kill_at = Clock::now() + patience;
        }
        if (Clock::now() > kill_at)
            ::kill(pid, SIGKILL);
    }
    pid_ = 0;
    const std::lock_guard lock(mutex_);
    last_end_ = words(status) + (last_line_.empty() ? "" : ": " + last_line_);
}

void Child::hear(const char* bytes, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        if (bytes[i] != '\n') {
            if (line_.size() < longest_line)
                line_ += bytes[i];
            continue;
        }
        said_(line_);
        const std::lock_guard lock(mutex_);
        last_line_ = std::exchange(line_, {});
    }
}

bool Child::rest(std::chrono::milliseconds time) {
    pollfd waiting{wake_, POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(time.count())) == 0;
}

}  // namespace mucbridge
