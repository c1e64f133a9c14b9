#pragma once

#include <functional>

#include "cli/load_config.hpp"

namespace CLI {
class App;
}

namespace mucbridge {

/// What the command line asks for; called when all of it is understood. Answers the exit code.
using Command = std::function<int()>;

// Each adds its subcommand to the program and, where that one is asked for, sets `chosen`.
void add_run(CLI::App& program, Command& chosen);
void add_check(CLI::App& program, Command& chosen);
void add_map(CLI::App& program, Command& chosen);
void add_send(CLI::App& program, Command& chosen);
void add_tail(CLI::App& program, Command& chosen);
void add_account(CLI::App& program, Command& chosen);
void add_status(CLI::App& program, Command& chosen);
void add_wait(CLI::App& program, Command& chosen);
void add_schema(CLI::App& program, Command& chosen);

/// The flags that say what is configured; all of them, or where the configuration and its state are.
void add_config_flags(CLI::App& command, ConfigFlags& flags);
void add_place_flags(CLI::App& command, ConfigFlags& flags);

/// The whole program: parses, runs, answers the exit code.
int run_command_line(int argc, const char* const* argv);

}  // namespace mucbridge
