#include "gateway/control.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "core/unique.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

struct Directory {
    std::filesystem::path path = std::filesystem::temp_directory_path() / ("mucbridge-control-" + make_random_hex(8));
    Directory() { std::filesystem::create_directory(path); }
    ~Directory() { std::filesystem::remove_all(path); }
    std::string socket() const { return control_path(path); }
};

}  // namespace

TEST_CASE("a gateway answers what its status is, as often as it is asked") {
    const Directory directory;
    std::atomic<int> asked{0};
    const auto server =
        ControlServer::open(directory.socket(), [&] { return "{\"asked\":" + std::to_string(++asked) + "}"; });
    REQUIRE(server.has_value());
    CHECK(*ask_control(directory.socket(), "status", 10s) == "{\"asked\":1}");
    CHECK(*ask_control(directory.socket(), "status", 10s) == "{\"asked\":2}");
}

TEST_CASE("the socket is its owner's alone, and gone with the gateway") {
    const Directory directory;
    {
        const auto server = ControlServer::open(directory.socket(), [] { return std::string("{}"); });
        REQUIRE(server.has_value());
        struct stat found {};
        REQUIRE(::stat(directory.socket().c_str(), &found) == 0);
        CHECK((found.st_mode & 0777) == 0600);
    }
    CHECK_FALSE(std::filesystem::exists(directory.socket()));
}

TEST_CASE("any other question is answered with what may be asked") {
    const Directory directory;
    const auto server = ControlServer::open(directory.socket(), [] { return std::string("{}"); });
    REQUIRE(server.has_value());
    CHECK(ask_control(directory.socket(), "shutdown", 10s)->find("want: status") != std::string::npos);
    CHECK(ask_control(directory.socket(), std::string(100000, 'x'), 10s)->find("want: status") != std::string::npos);
    CHECK(*ask_control(directory.socket(), "status", 10s) == "{}");
}

TEST_CASE("a long answer comes whole") {
    const Directory directory;
    const std::string text(3 * 1024 * 1024, 'a');
    const auto server = ControlServer::open(directory.socket(), [&] { return text; });
    REQUIRE(server.has_value());
    CHECK(*ask_control(directory.socket(), "status", 10s) == text);
}

TEST_CASE("one who asks and does not read the answer does not stop the gateway") {
    const Directory directory;
    const auto server = ControlServer::open(directory.socket(), [] { return std::string("{}"); });
    REQUIRE(server.has_value());
    const int rude = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    directory.socket().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::connect(rude, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::send(rude, "status\n", 7, MSG_NOSIGNAL) == 7);
    ::close(rude);
    CHECK(*ask_control(directory.socket(), "status", 10s) == "{}");
}

TEST_CASE("where nobody listens the answer says so, at once") {
    const Directory directory;
    const auto answer = ask_control(directory.socket(), "status", 10s);
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().text.find(directory.socket()) != std::string::npos);
    CHECK(answer.error().text.find("no gateway answers") != std::string::npos);
}

TEST_CASE("a socket that a dead gateway left behind is replaced") {
    const Directory directory;
    std::ofstream(directory.socket()) << "left";
    const auto server = ControlServer::open(directory.socket(), [] { return std::string("{}"); });
    REQUIRE(server.has_value());
    CHECK(*ask_control(directory.socket(), "status", 10s) == "{}");
}

TEST_CASE("a path that no socket can have is refused in words") {
    const std::string path = "/tmp/" + std::string(200, 'x') + "/mucbridge.sock";
    const auto server = ControlServer::open(path, [] { return std::string(); });
    REQUIRE_FALSE(server.has_value());
    CHECK(server.error().text.find("too long") != std::string::npos);
    CHECK(ask_control(path, "status", 1s).error().text.find("too long") != std::string::npos);
}
