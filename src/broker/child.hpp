#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mucbridge {

/// A program kept running: started anew, ever more slowly, when it ends; ended with us, even when we are killed.
/// The destructor asks it to end (SIGTERM) and after 2 s makes it (SIGKILL).
class Child {
public:
    /// `said` gets each line of its stderr, on the child's own thread.
    Child(std::vector<std::string> command, std::function<void(const std::string&)> said);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    pid_t pid() const { return pid_; }  // 0: not running now
    /// How it last ended and the last line that it said: "ended with status 1: Error: Address already in use"; empty:
    /// it has not.
    std::string last_end() const;

private:
    void run();
    pid_t start(int stderr_write);
    void read_until_end(pid_t pid, int stderr_read);
    void hear(const char* bytes, std::size_t size);
    bool rest(std::chrono::milliseconds time);  // false: the destructor calls

    const std::vector<std::string> command_;
    const std::function<void(const std::string&)> said_;
    int wake_;  // an eventfd, readable when the destructor calls
    std::atomic<pid_t> pid_{0};
    std::string line_;  // begun
    mutable std::mutex mutex_;
    std::string last_line_, last_end_;
    std::thread thread_;
};

}  // namespace mucbridge
