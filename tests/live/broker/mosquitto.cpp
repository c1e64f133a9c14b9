#include "mosquitto.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "broker/probe.hpp"

TemporaryFolder::TemporaryFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "ground-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
        throw std::runtime_error("no temporary folder");
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

Program::Program(std::vector<std::string> command) {
    std::vector<char*> arguments;
    for (auto& argument : command)
        arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    std::array<int, 2> in{}, out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0)
        throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(in[0], STDIN_FILENO);
        ::dup2(out[1], STDOUT_FILENO);
        ::execvp(arguments[0], arguments.data());
        ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    in_ = in[1];
    out_ = out[0];
}

Program::~Program() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    close_stdin();
    ::close(out_);
}

std::string Program::read_line() {
    while (true) {
        if (const auto end = read_.find('\n'); end != std::string::npos) {
            auto line = read_.substr(0, end);
            read_.erase(0, end + 1);
            return line;
        }
        pollfd waiting{out_, POLLIN, 0};
        std::array<char, 512> bytes{};
        if (::poll(&waiting, 1, 10000) <= 0)
            return {};
        const auto size = ::read(out_, bytes.data(), bytes.size());
        if (size <= 0)
            return {};
        read_.append(bytes.data(), static_cast<std::size_t>(size));
    }
}

void Program::close_stdin() {
    if (in_ >= 0)
        ::close(in_);
    in_ = -1;
}

void Program::signal(int number) const { ::kill(pid_, number); }

int Program::wait() {
    int status = 0;
    if (!eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; })) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, &status, 0);
    }
    pid_ = 0;
    return status;
}

Mosquitto::Mosquitto(std::string configuration) : port_(mucbridge::pick_free_port()) {
    for (std::size_t at = 0; (at = configuration.find("FOLDER", at)) != std::string::npos;)
        configuration.replace(at, 6, folder_ / "");
    std::ofstream file(folder_ / "mosquitto.conf");
    file << "listener " << port_ << " 127.0.0.1\nlog_type none\n" << configuration;
    if (::geteuid() == 0)
        file << "user root\n";
}

Mosquitto::~Mosquitto() = default;

void Mosquitto::start() {
    const bool in_sbin = ::access("/usr/sbin/mosquitto", X_OK) == 0;
    program_ = std::make_unique<Program>(
        std::vector<std::string>{in_sbin ? "/usr/sbin/mosquitto" : "mosquitto", "-c", folder_ / "mosquitto.conf"});
    const auto listens = [this] {
        return mucbridge::why_unreachable("127.0.0.1", port_, std::chrono::seconds(1)).empty();
    };
    if (!eventually(listens))
        throw std::runtime_error("mosquitto does not start");
}

void Mosquitto::kill() { program_.reset(); }

void Mosquitto::end() {
    program_->signal(SIGTERM);
    program_->wait();
    program_.reset();
}

void run(const std::string& command) {
    if (std::system((command + " >/dev/null 2>&1").c_str()) != 0)
        throw std::runtime_error("failed: " + command);
}
