#include "cli/visit.hpp"

#include <CLI/CLI.hpp>
#include <cmath>
#include <filesystem>
#include <iostream>

#include "cli/check_login.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/secret.hpp"
#include "core/unique.hpp"
#include "core/utf8.hpp"
#include "xmpp/listener.hpp"

namespace mucbridge {
namespace {

/// How an attempt to enter ended.
struct Attempt {
    std::unique_ptr<RoomClient> client;
    bool is_conflict = false;
    std::string why_not;
    int code = exit_code::unavailable;
};

Attempt try_to_enter(const RoomVisit& visit, Tick deadline) {
    auto client = std::make_unique<RoomClient>(visit);
    for (;;) {
        const auto event = client->next(deadline);
        if (!event)
            return {nullptr, false, to_string(visit.room) + ": not let in in time", exit_code::try_again};
        if (std::holds_alternative<RoomJoined>(*event))
            return {std::move(client), false, {}, exit_code::ok};
        if (const auto* ended = std::get_if<RoomEnded>(&*event))
            return {nullptr, false, ended->reason};
        if (const auto* refusal = std::get_if<RoomRefusal>(&*event)) {
            client->leave(after(1));
            return {nullptr, refusal->condition == "conflict", to_string(visit.room) + ": " + describe(*refusal)};
        }
    }
}

/// From a flag, MUCBRIDGE_PASSWORD, or a file that one of both names.
Result<std::string> find_password(const VisitFlags& flags) {
    if (!flags.password.empty())
        return flags.password;
    const auto environment = read_environment();
    const auto plain = environment.find("MUCBRIDGE_PASSWORD");
    const auto in_file = environment.find("MUCBRIDGE_PASSWORD_FILE");
    if (!flags.password_file.empty())
        return read_secret(flags.password_file);
    if (in_file != environment.end())
        return read_secret(in_file->second);
    if (plain != environment.end() && !plain->second.empty())
        return plain->second;
    return Error{"want --password-file, MUCBRIDGE_PASSWORD or --password with --user"};
}

/// Whose word is taken for the server's certificate: that of who is named, else the system's authorities and, for our
/// own gateway, its certificate's own.
std::vector<std::string> find_authorities(const VisitFlags& flags, const Config& config) {
    if (!flags.ca_file.empty())
        return {flags.ca_file};
    std::vector<std::string> files;
    if (const std::string system = "/etc/ssl/certs/ca-certificates.crt"; std::filesystem::exists(system))
        files.push_back(system);
    if (config.tls)
        files.push_back(config.tls->certificate);
    return files;
}

Result<RoomVisit> make_visit(const VisitFlags& flags, const Config& config) {
    RoomVisit visit;
    auto room = to_room(flags.target.text, config);
    if (!room)
        return room.error();
    visit.room = *room;
    visit.domain = config.domain;
    visit.username = flags.username;
    if (visit.username.empty() && flags.server.empty() && !takes_anybody(config.login))
        return Error{"want --user and its password: nobody logs in here without an account"};
    if (!visit.username.empty()) {
        auto password = find_password(flags);
        if (!password)
            return password.error();
        visit.password = std::move(*password);
    }
    visit.server = flags.server;
    if (visit.server.empty()) {
        auto listener = find_listener(config);
        if (!listener)
            return listener.error();
        visit.server = *listener;
    }
    visit.authorities = find_authorities(flags, config);
    const auto is_local = is_loopback(visit.server);
    visit.wants_tls = !visit.username.empty() && is_local && !*is_local;
    return visit;
}

}  // namespace

Tick after(double seconds) {
    constexpr double longest = 1e9;
    return std::chrono::steady_clock::now() +
           std::chrono::milliseconds(std::llround(std::min(seconds, longest) * 1000));
}

Entered enter_room(const VisitFlags& flags, const Config& config, const std::string& default_nick) {
    auto visit = make_visit(flags, config);
    if (!visit)
        return {nullptr, complain(exit_code::usage, visit.error().text)};
    visit->nick = flags.nick.empty() ? default_nick : flags.nick;
    const auto deadline = after(flags.timeout);
    constexpr int tries = 3;
    for (int attempt = 1;; ++attempt) {
        auto tried = try_to_enter(*visit, deadline);
        if (tried.client)
            return {std::move(tried.client), exit_code::ok};
        if (!tried.is_conflict || !flags.nick.empty() || attempt == tries)
            return {nullptr, complain(tried.code, tried.why_not)};
        visit->nick = default_nick + "-" + make_random_hex(3);
    }
}

std::string describe(const RoomRefusal& refusal) {
    const auto condition = refusal.condition.empty() ? "refused" : to_log_text(refusal.condition);
    return refusal.text.empty() ? condition : condition + ": " + to_log_text(refusal.text);
}

int complain(int code, const std::string& text) {
    std::cerr << "mucbridge: " << text << '\n';
    return code;
}

void add_visit_flags(CLI::App& command, VisitFlags& flags, const std::string& default_nick) {
    constexpr double day = 86400;
    add_place_flags(command, flags.config);
    command.add_option("--domain", flags.config.domain, "The accounts' domain [localhost]")->type_name("D");
    command.add_option("--rooms-domain", flags.config.rooms_domain, "The rooms' domain [rooms.D]")->type_name("D");
    command.add_option("--broker", flags.config.broker, "For a topic: the broker [the configured one]")
        ->type_name("URL");
    command.add_option("--server", flags.server, "For a room: the server [the gateway's first listener]")
        ->type_name("xmpp://HOST:PORT");
    auto* user = command.add_option("--user", flags.username, "For a room: the account's name [ANONYMOUS]");
    auto* password =
        command.add_option("--password", flags.password, "Its password; others see it (or MUCBRIDGE_PASSWORD)")
            ->needs(user);
    command.add_option("--password-file", flags.password_file, "A file that holds it")
        ->type_name("FILE")
        ->needs(user)
        ->excludes(password);
    command
        .add_option("--ca", flags.ca_file,
                    "For a room: who signed the server's certificate (PEM) [the system's, the configured one]")
        ->type_name("FILE")
        ->check(CLI::ExistingFile);
    command.add_option("--nick", flags.nick, "For a room: the nick [" + default_nick + "]");
    command.add_option("--timeout", flags.timeout, "")->type_name("SECONDS")->check(CLI::Range(0.0, day));
}

}  // namespace mucbridge
