#include "bench/options.hpp"

#include <arpa/inet.h>

#include <CLI/CLI.hpp>
#include <charconv>

namespace mucbridge::bench {

namespace {

constexpr int exit_usage = 64;

std::string parse_server(const std::string& text, Options& options) {
    const auto colon = text.rfind(':');
    const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
    options.address = text.substr(0, colon);
    in_addr ignored{};
    if (error != std::errc{} || end != port.data() + port.size() || options.port == 0 ||
        ::inet_pton(AF_INET, options.address.c_str(), &ignored) != 1)
        return "want IPV4:PORT, got " + text;
    return {};
}

}  // namespace

Options parse_options(int argc, char** argv) {
    Options options;
    long patience = options.patience.count();
    std::string server = "127.0.0.1:61222";
    CLI::App app("Fills rooms of an XMPP server, speaks in them, and counts what arrives where and in which order.");
    app.add_option("--server", server, "IPV4:PORT of plain XMPP with SASL PLAIN")->capture_default_str();
    app.add_option("--domain", options.domain, "Of the accounts, u1 to uN")->capture_default_str();
    app.add_option("--rooms-domain", options.rooms_domain, "[rooms.DOMAIN]");
    app.add_option("--password", options.password, "Of every account")->capture_default_str();
    app.add_option("--rooms", options.rooms)->check(CLI::Range(1U, 100000U))->capture_default_str();
    app.add_option("--occupants", options.occupants, "Of each room")->check(CLI::Range(1U, 100000U));
    app.add_option("--senders", options.senders, "Of each room, speaking in turn; 0: all occupants");
    auto* lines = app.add_option("--lines", options.lines, "How many are said in all")->check(CLI::PositiveNumber);
    app.add_option("--window", options.window, "Closed loop: lines of a room on their way at a time")
        ->check(CLI::Range(1U, 100000U))
        ->capture_default_str();
    app.add_option("--rate", options.rate, "Instead: so many lines a second in all")->check(CLI::PositiveNumber);
    app.add_option("--seconds", options.seconds, "How long lines are said")
        ->check(CLI::PositiveNumber)
        ->excludes(lines)
        ->capture_default_str();
    app.add_option("--body", options.body, "Bytes of each line")->capture_default_str();
    app.add_option("--pid", options.server, "The server, whose CPU is counted")->required();
    app.add_option("--connecting", options.connecting, "Logins at a time")->check(CLI::PositiveNumber);
    app.add_option("--patience", patience, "Seconds of silence that end the run")->check(CLI::PositiveNumber);
    try {
        app.parse(argc, argv);
        if (auto wish = parse_server(server, options); !wish.empty())
            throw CLI::ValidationError("--server", wish);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error) == 0 ? 0 : exit_usage);
    }
    options.patience = std::chrono::seconds(patience);
    if (options.rooms_domain.empty())
        options.rooms_domain = "rooms." + options.domain;
    if (options.senders == 0 || options.senders > options.occupants)
        options.senders = options.occupants;
    return options;
}

}  // namespace mucbridge::bench
