#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/check_login.hpp"
#include "cli/commands.hpp"
#include "cli/config_file.hpp"
#include "cli/exit_code.hpp"

namespace mucbridge {

void add_check(CLI::App& program, Command& chosen) {
    const auto flags = std::make_shared<ConfigFlags>();
    auto* command = program.add_subcommand("check", "Say what is wrong with a configuration; connect to nothing");
    add_config_flags(*command, *flags);
    command->callback([flags, &chosen] {
        chosen = [flags] {
            auto loaded = load_config(*flags, read_environment());
            if (loaded.problems.is_fine())
                check_accounts(loaded.config, loaded.problems);
            for (const auto& warning : loaded.problems.warnings())
                std::cerr << "warning: " << warning << '\n';
            const int code = report_errors(loaded);
            if (code == exit_code::ok)
                std::cout << "OK\n";
            return code;
        };
    });
}

void add_schema(CLI::App& program, Command& chosen) {
    auto* command = program.add_subcommand("schema", "Print the configuration's JSON Schema");
    command->callback([&chosen] {
        chosen = [] {
            std::cout << print_config_schema() << '\n';
            return exit_code::ok;
        };
    });
}

}  // namespace mucbridge
