#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

/// A folder that is gone with its object.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

/// A program that we started; killed with its object, and with us.
class Program {
public:
    explicit Program(std::vector<std::string> command);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    pid_t pid() const { return pid_; }
    /// The next line of its stdout; empty: it has ended, or was silent for 10 s.
    std::string read_line();
    void close_stdin();
    void signal(int number) const;
    /// Its wait status, after at most 10 s; then it is killed.
    int wait();

private:
    pid_t pid_ = 0;
    int in_ = -1, out_ = -1;
    std::string read_;
};

/// mosquitto on a free port of the loopback, with these further lines of configuration.
class Mosquitto {
public:
    explicit Mosquitto(std::string configuration = "allow_anonymous true\n");
    ~Mosquitto();
    std::uint16_t port() const { return port_; }
    std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }
    const TemporaryFolder& folder() const { return folder_; }
    void start();  // on the same port; returns when it listens
    void kill();
    void end();  // in order: what it persists is written
    void signal(int number) const { program_->signal(number); }

private:
    TemporaryFolder folder_;
    std::uint16_t port_;
    std::unique_ptr<Program> program_;
};

/// Runs a command; throws unless it ends with 0.
void run(const std::string& command);

/// Whether it comes true within 10 s.
template <class Condition>
bool eventually(const Condition& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > limit)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}
