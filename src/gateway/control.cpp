#include "gateway/control.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>

namespace mucbridge {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t longest_question = 256;
constexpr std::chrono::seconds question_wait{2};

/// A descriptor that is closed at the end of its scope.
struct Descriptor {
    int number;
    explicit Descriptor(int from) : number(from) {}
    ~Descriptor() {
        if (number >= 0)
            ::close(number);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
};

/// The kernel holds 108 bytes for a path.
Result<sockaddr_un> to_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return Error{path + ": the path is too long for a socket; want at most " +
                     std::to_string(sizeof address.sun_path - 1) + " bytes (choose a shorter state directory)"};
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

/// Reads until a line end, the limit, the end or the deadline; the line end is cut.
std::string read_line(int socket, std::size_t limit, Clock::time_point deadline) {
    std::string line;
    while (line.size() < limit) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        pollfd wait{socket, POLLIN, 0};
        if (left <= 0 || ::poll(&wait, 1, static_cast<int>(left)) <= 0)
            break;
        char chunk[4096];
        const ssize_t got = ::recv(socket, chunk, sizeof chunk, 0);
        if (got <= 0)
            break;
        line.append(chunk, static_cast<std::size_t>(got));
        if (const auto end = line.find('\n'); end != std::string::npos) {
            line.resize(end);
            break;
        }
    }
    return line;
}

void write_all(int socket, std::string_view text) {
    while (!text.empty()) {
        const ssize_t put = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
        if (put <= 0)
            return;
        text.remove_prefix(static_cast<std::size_t>(put));
    }
}

}  // namespace

struct ControlServer::Impl {
    std::string path;
    Descriptor socket{-1};
    std::function<std::string()> status;
    std::atomic<bool> ending = false;
    std::thread thread;

    void serve() {
        while (!ending) {
            pollfd wait{socket.number, POLLIN, 0};
            if (::poll(&wait, 1, 200) <= 0)
                continue;
            const Descriptor peer(::accept4(socket.number, nullptr, nullptr, SOCK_CLOEXEC));
            if (peer.number < 0)
                continue;
            const std::string question = read_line(peer.number, longest_question, Clock::now() + question_wait);
            write_all(peer.number,
                      question == "status" ? status() + "\n" : std::string("{\"error\":\"want: status\"}\n"));
        }
    }
};

std::string control_path(const std::string& state) { return std::filesystem::path(state) / "mucbridge.sock"; }

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<ControlServer>> ControlServer::open(const std::string& path,
                                                           std::function<std::string()> status) {
    const auto address = to_address(path);
    if (!address)
        return address.error();
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    impl->status = std::move(status);
    impl->socket.number = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // The state directory is locked by this process, so a socket that is there is a dead gateway's.
    ::unlink(path.c_str());
    const mode_t before = ::umask(0177);
    const bool bound =
        ::bind(impl->socket.number, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0 &&
        ::listen(impl->socket.number, 16) == 0;
    const int failure = errno;
    ::umask(before);
    if (!bound)
        return Error{path + ": cannot listen: " + std::strerror(failure)};
    impl->thread = std::thread([raw = impl.get()] { raw->serve(); });
    return std::unique_ptr<ControlServer>(new ControlServer(std::move(impl)));
}

ControlServer::~ControlServer() {
    impl_->ending = true;
    impl_->thread.join();
    ::unlink(impl_->path.c_str());
}

Result<std::string> ask_control(const std::string& path, const std::string& question,
                                std::chrono::milliseconds patience) {
    const auto address = to_address(path);
    if (!address)
        return address.error();
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.number, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
        return Error{path + ": no gateway answers here: " + std::strerror(errno)};
    write_all(socket.number, question + "\n");
    const std::string answer = read_line(socket.number, 16 * 1024 * 1024, Clock::now() + patience);
    if (answer.empty())
        return Error{path + ": the gateway gave no answer in time"};
    return answer;
}

}  // namespace mucbridge
