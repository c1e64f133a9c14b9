#include "bench/options.hpp"

#include <arpa/inet.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <map>

namespace mucbridge::bench {

namespace {

constexpr int exit_usage = 64;

const std::map<std::string, Scenario> scenarios{{"lines", Scenario::lines},     {"to-topic", Scenario::to_topic},
                                                {"to-room", Scenario::to_room}, {"broker", Scenario::broker},
                                                {"joins", Scenario::joins},     {"idle", Scenario::idle}};

std::string parse_endpoint(const std::string& text, Endpoint& endpoint) {
    const auto colon = text.rfind(':');
    const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    endpoint.address = text.substr(0, colon);
    in_addr ignored{};
    if (error != std::errc{} || end != port.data() + port.size() || endpoint.port == 0 ||
        ::inet_pton(AF_INET, endpoint.address.c_str(), &ignored) != 1)
        return "want IPV4:PORT, got " + text;
    return {};
}

void add_endpoint(CLI::App& app, const char* name, Endpoint& endpoint, const char* text) {
    const auto parse = [name, &endpoint](const std::string& value) {
        if (const auto wish = parse_endpoint(value, endpoint); !wish.empty())
            throw CLI::ValidationError(name, wish);
    };
    app.add_option_function<std::string>(name, parse, text);
}

void add_options(CLI::App& app, Options& options) {
    app.add_option("scenario", options.scenario, "lines, to-topic, to-room, broker, joins or idle")
        ->transform(CLI::CheckedTransformer(scenarios));
    add_endpoint(app, "--server", options.server, "IPV4:PORT of plain XMPP with SASL PLAIN [127.0.0.1:61222]");
    add_endpoint(app, "--broker", options.broker, "IPV4:PORT of MQTT, where topics are spoken of [127.0.0.1:1883]");
    app.add_option("--domain", options.domain, "Of the accounts, u1 to uN")->capture_default_str();
    app.add_option("--rooms-domain", options.rooms_domain, "[rooms.DOMAIN]");
    app.add_option("--password", options.password, "Of every account")->capture_default_str();
    app.add_option("--rooms", options.rooms)->check(CLI::Range(1U, 10000U))->capture_default_str();
    app.add_option("--occupants", options.occupants, "Of each room")->check(CLI::Range(1U, 10000U));
    app.add_option("--senders", options.senders, "Of each room, speaking in turn; 0: all occupants");
    auto* lines =
        app.add_option("--lines", options.lines, "Instead of --seconds: how many")->check(CLI::PositiveNumber);
    app.add_option("--window", options.window, "First, in a closed loop: lines of a room on their way; 0: not")
        ->check(CLI::Range(0U, 100000U))
        ->capture_default_str();
    app.add_option("--rate", options.rate, "Then: so many lines a second in all")->check(CLI::PositiveNumber);
    app.add_option("--seconds", options.seconds, "How long lines are said, each way")
        ->check(CLI::PositiveNumber)
        ->excludes(lines)
        ->capture_default_str();
    app.add_option("--prefix", options.prefix, "Of the rooms' names [bench-PID-]");
    app.add_option("--body", options.body, "Bytes of each line")->capture_default_str();
    app.add_option("--qos", options.qos, "At the broker")->check(CLI::Range(0, 1))->capture_default_str();
    app.add_option("--pid", options.server_process, "The server, whose CPU and memory are counted")->required();
    app.add_option("--broker-pid", options.broker_process, "The broker, whose CPU is counted apart");
    app.add_option("--connecting", options.connecting, "Logins at a time")->check(CLI::PositiveNumber);
}

}  // namespace

Options parse_options(int argc, char** argv) {
    Options options;
    auto patience = options.patience.count(), settle = options.settle.count();
    CLI::App app("Fills rooms of an XMPP server, speaks in them, and counts what arrives where and in which order.");
    add_options(app, options);
    app.add_option("--settle", settle, "Idle: seconds before memory is looked at")->capture_default_str();
    app.add_option("--patience", patience, "Seconds of silence that end the run")->check(CLI::PositiveNumber);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error) == 0 ? 0 : exit_usage);
    }
    options.patience = std::chrono::seconds(patience);
    options.settle = std::chrono::seconds(settle);
    if (options.rooms_domain.empty())
        options.rooms_domain = "rooms." + options.domain;
    if (options.prefix.empty())
        options.prefix = "bench-" + std::to_string(::getpid()) + "-";
    if (options.scenario == Scenario::broker)
        options.occupants = 0;
    if (options.publishes())
        options.senders = 1;
    else if (options.senders == 0 || options.senders > options.occupants)
        options.senders = options.occupants;
    return options;
}

std::string name_room(const Options& options, unsigned room) { return options.prefix + std::to_string(room + 1); }

std::optional<unsigned> find_room(const Options& options, std::string_view name) {
    if (!name.starts_with(options.prefix))
        return std::nullopt;
    name.remove_prefix(options.prefix.size());
    unsigned number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc{} || end != name.data() + name.size() || number == 0)
        return std::nullopt;
    return number - 1;
}

}  // namespace mucbridge::bench
