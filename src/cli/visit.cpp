#include "cli/visit.hpp"

#include <CLI/CLI.hpp>
#include <cmath>
#include <iostream>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/secret.hpp"
#include "core/unique.hpp"
#include "core/utf8.hpp"

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

Result<RoomVisit> make_visit(const VisitFlags& flags, const Config& config) {
    RoomVisit visit;
    auto room = to_room(flags.target.text, config);
    if (!room)
        return room.error();
    visit.room = *room;
    visit.domain = config.domain;
    visit.username = flags.username;
    visit.password = flags.password;
    if (!flags.password_file.empty()) {
        auto secret = read_secret(flags.password_file);
        if (!secret)
            return secret.error();
        visit.password = *secret;
    }
    if (!visit.username.empty() && visit.password.empty())
        return Error{"want --password-file or --password with --user"};
    visit.server = flags.server;
    if (visit.server.empty()) {
        auto listener = find_listener(config);
        if (!listener)
            return listener.error();
        visit.server = *listener;
    }
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
    auto* password = command.add_option("--password", flags.password, "The account's password")->needs(user);
    command.add_option("--password-file", flags.password_file, "A file that holds it")
        ->type_name("FILE")
        ->needs(user)
        ->excludes(password);
    command.add_option("--nick", flags.nick, "For a room: the nick [" + default_nick + "]");
    command.add_option("--timeout", flags.timeout, "")->type_name("SECONDS")->check(CLI::Range(0.0, day));
}

}  // namespace mucbridge
