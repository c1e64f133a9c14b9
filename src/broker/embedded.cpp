#include "broker/embedded.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>
#include <utility>

#include "broker/child.hpp"
#include "broker/mqtt.hpp"
#include "broker/probe.hpp"
#include "broker/url.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
constexpr auto start_limit = 5s;

std::optional<fs::path> find_mosquitto() {
    const char* path = std::getenv("PATH");
    std::istringstream folders(std::string(path != nullptr ? path : "") + ":/usr/sbin:/usr/local/sbin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        const auto program = fs::path(folder) / "mosquitto";
        if (!folder.empty() && ::access(program.c_str(), X_OK) == 0 && fs::is_regular_file(program))
            return program;
    }
    return std::nullopt;
}

/// `folder`: where sessions and what waits for them outlive the process; empty: nowhere.
std::string make_configuration(std::uint16_t port, const std::string& folder) {
    std::ostringstream text;
    text << "# Written by mucbridge at each start.\n"
         << "listener " << port << " 127.0.0.1\n"
         << "allow_anonymous true\n"
         << "persistence " << (folder.empty() ? "false" : "true") << "\n"
         << "set_tcp_nodelay true\n"  // a line behind another does not wait for an acknowledgement
         << "max_inflight_messages 100\n"
         << "max_queued_messages 100000\n"
         << "log_dest stderr\n"
         << "log_type error\nlog_type warning\nlog_type notice\n";
    if (!folder.empty())
        // It saves when we end it; what its own sudden end may cost is a minute.
        text << "persistence_location " << folder << "/\n"
             << "autosave_interval 60\n";
    if (::geteuid() == 0)
        text << "user root\n";  // it would change to a user who may not read this file
    return text.str();
}

/// A folder of its own, and what is in it, gone with it where it was made up.
class Folder {
public:
    static Result<Folder> make(const std::string& state) {
        std::error_code error;
        if (!state.empty()) {
            const auto path = fs::absolute(fs::path(state) / "embedded", error);
            fs::create_directories(path, error);
            if (!error)
                fs::permissions(path, fs::perms::owner_all, error);  // it holds lines that wait
            if (error)
                return Error{path.string() + ": " + error.message()};
            return Folder(path, false);
        }
        auto pattern = (fs::temp_directory_path(error) / "mucbridge-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            return Error{pattern + ": cannot make this folder"};
        return Folder(pattern, true);
    }
    Folder(Folder&& other) noexcept
        : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, false)) {}
    Folder& operator=(Folder&&) = delete;
    ~Folder() {
        std::error_code ignored;
        if (temporary_)
            fs::remove_all(path_, ignored);
    }
    const fs::path& path() const { return path_; }
    bool is_temporary() const { return temporary_; }

private:
    Folder(fs::path path, bool temporary) : path_(std::move(path)), temporary_(temporary) {}
    fs::path path_;
    bool temporary_;
};

/// The child and the connection to it: the connection goes first.
class EmbeddedBroker : public Broker {
public:
    EmbeddedBroker(Folder folder, std::uint16_t port, std::vector<std::string> command)
        : folder_(std::move(folder)), port_(port), child_(std::move(command), [](const std::string& line) {
              spdlog::debug("mosquitto: {}", to_log_text(line));
          }) {}

    /// Waits for the child to listen, so that the first attempt does not fail for being early.
    Result<void> wait_until_ready() {
        const auto limit = std::chrono::steady_clock::now() + start_limit;
        while (child_.pid() == 0 || !why_unreachable("127.0.0.1", port_, 100ms).empty()) {
            if (stop_ || std::chrono::steady_clock::now() > limit || !child_.last_end().empty())
                return Error{"embedded: mosquitto on port " + std::to_string(port_) + " " +
                             (child_.last_end().empty() ? "is not ready" : child_.last_end())};
            std::this_thread::sleep_for(10ms);
        }
        return {};
    }

    ~EmbeddedBroker() override {
        stop_ = true;
        connection_.reset();
    }
    void hold(std::unique_ptr<Broker> connection) { connection_ = std::move(connection); }
    void connect(bool is_fresh) override { connection_->connect(is_fresh); }
    void keep_session(bool is_kept) override { connection_->keep_session(is_kept); }
    void publish(Publication publication, std::function<void(Settlement)> settled) override {
        connection_->publish(std::move(publication), std::move(settled));
    }
    void subscribe(std::string filter, SubscriptionWish wish, std::function<void(Granted)> answered) override {
        connection_->subscribe(std::move(filter), std::move(wish), std::move(answered));
    }
    void unsubscribe(std::string filter) override { connection_->unsubscribe(std::move(filter)); }
    void announce(const std::string& state) override { connection_->announce(state); }

private:
    Folder folder_;
    const std::uint16_t port_;
    std::atomic<bool> stop_{false};
    Child child_;
    std::unique_ptr<Broker> connection_;
};

std::uint16_t choose_port(std::uint16_t wanted) {
    constexpr std::uint16_t usual = 1883;
    if (wanted != 0)
        return wanted;
    return is_port_free(usual) ? usual : pick_free_port();
}

}  // namespace

Result<std::unique_ptr<Broker>> make_embedded_broker(const BrokerConfig& config, const BrokerIdentity& identity,
                                                     BrokerEvents events) {
    const auto wanted = parse_embedded_url(config.url);
    if (!wanted)
        return Error{"brokers/" + config.name + "/url: " + wanted.error().text};
    const auto program = find_mosquitto();
    if (!program)
        return Error{
            "embedded: needs the program mosquitto (Debian package mosquitto): not found in PATH or /usr/sbin"};
    const auto port = choose_port(*wanted);
    if (port == 0 || !is_port_free(port))
        return Error{"embedded: port " + std::to_string(*wanted) + " of 127.0.0.1 is in use"};
    auto folder = Folder::make(identity.state);
    if (!folder)
        return folder.error();
    const auto file = folder->path() / "mosquitto.conf";
    if (!(std::ofstream(file) << make_configuration(port, folder->is_temporary() ? "" : folder->path().string())
                              << std::flush))
        return Error{file.string() + ": cannot be written"};
    auto broker = std::make_unique<EmbeddedBroker>(std::move(*folder), port,
                                                   std::vector{program->string(), std::string("-c"), file.string()});
    auto own = config;
    own.url = "mqtt://127.0.0.1:" + std::to_string(port);
    auto connection =
        make_mqtt_broker(own, identity, std::move(events), [raw = broker.get()] { return raw->wait_until_ready(); });
    if (!connection)
        return connection.error();
    broker->hold(std::move(*connection));
    return broker;
}

}  // namespace mucbridge
