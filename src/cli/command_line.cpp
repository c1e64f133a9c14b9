#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/suggest.hpp"
#include "core/utf8.hpp"
#include "version.hpp"

namespace mucbridge {
namespace {

const CLI::App& asked_for(const CLI::App& program) {
    const auto parsed = program.get_subcommands();
    return parsed.empty() ? program : asked_for(*parsed.front());
}

bool has_subcommands(const CLI::App& command) {
    return !command.get_subcommands([](const CLI::App*) { return true; }).empty();
}

/// What a word that was not understood may have been meant as.
std::string find_likely(const CLI::App& program, int argc, const char* const* argv) {
    const auto& command = asked_for(program);
    std::vector<std::string> known;
    for (const auto* option : command.get_options())
        for (const auto& name : option->get_lnames())
            known.push_back("--" + name);
    const auto words = command.get_subcommands([](const CLI::App*) { return true; });
    for (const auto* subcommand : words)
        known.push_back(subcommand->get_name());
    for (int at = 1; at < argc; ++at) {
        const std::string_view whole = argv[at];
        const auto word = std::string(whole.substr(0, whole.find('=')));
        if (std::find(known.begin(), known.end(), word) != known.end())
            continue;
        const bool may_be_flag = word.substr(0, 2) == "--";
        if (may_be_flag || !words.empty())
            if (auto likely = suggest(word, known); !likely.empty())
                return likely;
    }
    return {};
}

int report_usage(const CLI::App& program, const CLI::Error& error, int argc, const char* const* argv) {
    const auto& command = asked_for(program);
    std::string text = error.what();
    if (&command == &program && argc > 1)
        text = std::string("there is no ") + argv[1] + ".";
    else if (&command == &program || dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
        text = has_subcommands(command) ? "want a subcommand." : text + ".";
    else if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)
        if (const auto words = command.remaining(); !words.empty())
            text = "what is " + words.front() + "?";
    std::cerr << "mucbridge: " << to_log_text(text);
    const auto likely = find_likely(program, argc, argv);
    if (!likely.empty() && dynamic_cast<const CLI::ConversionError*>(&error) == nullptr)
        std::cerr << " Did you mean " << likely << "?";
    std::string path;
    for (const auto* at = &command; at != &program; at = at->get_parent())
        path.insert(0, at->get_name() + " ");
    std::cerr << "\nTry: mucbridge " << path << "--help\n";
    return exit_code::usage;
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
    CLI::App program{
        "XMPP rooms that are MQTT topics: join the room foo.bar, and you are in a conversation with\n"
        "whoever is on the topic foo/bar.",
        "mucbridge"};
    program.set_version_flag("--version", "mucbridge " MUCBRIDGE_VERSION)->description("Print the version and exit");
    program.set_help_flag("-h,--help", "Print this and exit");
    program.require_subcommand(1);
    program.option_defaults()->always_capture_default(false);
    program.footer("Exit codes: 0, 64 usage, 69 unavailable, 70 internal, 75 try again, 78 configuration.");
    Command chosen;
    add_run(program, chosen);
    add_check(program, chosen);
    add_map(program, chosen);
    add_send(program, chosen);
    add_tail(program, chosen);
    add_account(program, chosen);
    add_status(program, chosen);
    add_wait(program, chosen);
    add_schema(program, chosen);
    try {
        program.parse(argc, argv);
        return chosen();
    } catch (const CLI::Success& asked) {  // --help, --version
        return program.exit(asked);
    } catch (const CLI::Error& error) {
        return report_usage(program, error, argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "mucbridge: internal error: " << to_log_text(error.what()) << '\n';
        return exit_code::internal;
    }
}

void add_place_flags(CLI::App& command, ConfigFlags& flags) {
    command.add_option("-c,--config", flags.file, "The configuration, as JSON (or MUCBRIDGE_CONFIG)")
        ->type_name("FILE");
    command.add_option("--state", flags.state, "The gateway's own directory [./state]")->type_name("DIR");
}

void add_config_flags(CLI::App& command, ConfigFlags& flags) {
    add_place_flags(command, flags);
    command
        .add_option("--listen", flags.listen,
                    "Where clients connect, xmpps:// with TLS first; repeatable [xmpp://127.0.0.1:61222]")
        ->type_name("URL")
        ->allow_extra_args(false);
    command.add_option("--domain", flags.domain, "The accounts' domain [localhost]")->type_name("D");
    command.add_option("--rooms-domain", flags.rooms_domain, "The rooms' domain [rooms.D]")->type_name("D");
    command
        .add_option("--broker", flags.broker, "mqtt://[USER[:PASSWORD]@]HOST[:PORT], mqtts://..., memory: [embedded:]")
        ->type_name("URL");
    command
        .add_option("--rule", flags.rules,
                    "Which room is which topic; repeatable, replaces the file's ['{name}={name}']")
        ->type_name("ROOM=TOPIC")
        ->allow_extra_args(false);
    command
        .add_option("--component-server", flags.component_server,
                    "Be a component of this server (MUCBRIDGE_COMPONENT_SECRET) [xmpp://127.0.0.1:5347]")
        ->type_name("URL");
    command.add_option("--component-domain", flags.component_domain, "The component's domain: its rooms are there")
        ->type_name("D");
    command.add_option("--tls-certificate", flags.tls_certificate, "The listeners' certificate (PEM) [no TLS]")
        ->type_name("FILE");
    command.add_option("--tls-key", flags.tls_key, "Its private key (PEM)")->type_name("FILE");
    command.add_option("--login", flags.login, "open (anybody), anonymous, accounts or broker [open]")
        ->type_name("KIND");
    command.add_flag("--allow-open-login", flags.allow_open_login,
                     "Let anybody log in on a listener that others can reach");
    command.add_option("--seal-key-file", flags.seal_key_file, "64 hexadecimal digits, shared by gateways")
        ->type_name("FILE");
    command.add_option("--log-format", flags.log_format, "text or json [text]")->type_name("FORMAT");
    command.add_option("--log-level", flags.log_level, "trace, debug, info, warn or error [info]")->type_name("LEVEL");
    command.add_option("--loops", flags.loops, "Threads; 0: as many as the machine gives [0]")->type_name("N");
}

}  // namespace mucbridge
