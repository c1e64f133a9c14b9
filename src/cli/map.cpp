#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/target.hpp"
#include "core/utf8.hpp"
#include "mapping/mapper.hpp"

namespace mucbridge {
namespace {

int explain(const ConfigFlags& flags, const Target& target) {
    const auto loaded = load_config(flags, read_environment());
    if (const int code = report_errors(loaded); code != exit_code::ok)
        return code;
    const auto mapper = Mapper::make(loaded.config, nullptr);
    if (!mapper) {
        std::cerr << mapper.error().text << '\n';
        return exit_code::configuration;
    }
    const auto print = [](std::string text) {
        if (!text.empty() && text.back() == '\n')
            text.pop_back();
        std::cout << text << '\n';
    };
    if (target.may_be_room()) {
        auto room = to_room(target.text, loaded.config);
        if (!room) {
            std::cerr << "mucbridge: " << room.error().text << '\n';
            return exit_code::usage;
        }
        print((*mapper)->explain_room(room->local));
    }
    if (target.may_be_room() && target.may_be_topic())
        std::cout << '\n';
    if (target.may_be_topic())
        print((*mapper)->explain_address(target.text));
    return exit_code::ok;
}

}  // namespace

void add_map(CLI::App& program, Command& chosen) {
    const auto flags = std::make_shared<ConfigFlags>();
    const auto target = std::make_shared<Target>();
    auto* command = program.add_subcommand("map", "Say where a room or a topic goes, and by which rule");
    add_target(*command, *target, "A room (foo.bar@rooms.localhost, or foo.bar) or a topic (foo/bar)");
    add_config_flags(*command, *flags);
    command->callback([flags, target, &chosen] { chosen = [flags, target] { return explain(*flags, *target); }; });
}

}  // namespace mucbridge
