#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "cli/load_config.hpp"
#include "cli/target.hpp"
#include "core/time.hpp"
#include "xmpp/room_client.hpp"

namespace mucbridge {

/// How `send` and `tail` get to where they go.
struct VisitFlags {
    ConfigFlags config;
    Target target;
    std::string server, username, password, password_file, ca_file, nick;
    double timeout = 30;  // seconds
};

void add_visit_flags(CLI::App& command, VisitFlags& flags, const std::string& default_nick);

Tick after(double seconds);

/// A room entered, or the exit code where that failed and why is on stderr.
struct Entered {
    std::unique_ptr<RoomClient> client;
    int code = 0;
};

/// Logs in and joins. A nick that nobody asked for gives way to one that is free.
Entered enter_room(const VisitFlags& flags, const Config& config, const std::string& default_nick);

/// "resource-constraint: The queue is full."
std::string describe(const RoomRefusal& refusal);

int complain(int code, const std::string& text);

}  // namespace mucbridge
