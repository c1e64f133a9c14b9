#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/password_prompt.hpp"
#include "core/utf8.hpp"
#include "gateway/state.hpp"
#include "store/accounts.hpp"

namespace mucbridge {
namespace {

struct AccountFlags {
    ConfigFlags config;
    std::string name;
    bool as_json = false;
};

int complain(int code, const std::string& text) {
    std::cerr << "mucbridge: " << text << '\n';
    return code;
}

/// "romeo", or "romeo@example.org" where that is our domain.
Result<std::string> to_name(const std::string& text, const std::string& domain) {
    const auto at = text.find('@');
    const auto name = Jid::prepare_local(text.substr(0, at));
    if (!name)
        return Error{"want a name such as romeo: ", name.error().text};
    if (at != std::string::npos) {
        const auto theirs = Jid::prepare_domain(text.substr(at + 1));
        if (!theirs || *theirs != domain)
            return Error{"want a name, or a JID at ", domain, " (the configured domain), got ", to_log_text(text)};
    }
    if (name->starts_with("anon-"))
        return Error{"names that begin with anon- are given to who logs in without one; want another"};
    return *name;
}

/// What each of them does, once it is known where the accounts are.
using Act = int (*)(Accounts& accounts, const Jid& who, const AccountFlags& flags);

int add(Accounts& accounts, const Jid& who, const AccountFlags&) {
    const auto password = read_new_password(to_string(who));
    if (!password)
        return complain(exit_code::usage, password.error().text);
    const auto added = accounts.add(who.local, *password, read_clocks().wall);
    if (!added)
        return complain(exit_code::unavailable, added.error().text);
    if (!*added)
        return complain(exit_code::unavailable, to_string(who) + " is there already; mucbridge account password " +
                                                    who.local + " gives it another password");
    std::cout << "added " << to_string(who) << '\n';
    return exit_code::ok;
}

int report_change(const Result<bool>& changed, const Jid& who, const char* done) {
    if (!changed)
        return complain(exit_code::unavailable, changed.error().text);
    if (!*changed)
        return complain(exit_code::unavailable, "there is no account " + to_string(who));
    std::cout << done << to_string(who) << '\n';
    return exit_code::ok;
}

int set_password(Accounts& accounts, const Jid& who, const AccountFlags&) {
    const auto password = read_new_password(to_string(who));
    if (!password)
        return complain(exit_code::usage, password.error().text);
    return report_change(accounts.set_password(who.local, *password, read_clocks().wall), who, "new password of ");
}

int remove(Accounts& accounts, const Jid& who, const AccountFlags&) {
    return report_change(accounts.remove(who.local), who, "removed ");
}

int list(Accounts& accounts, const Jid& who, const AccountFlags& flags) {
    const auto all = accounts.list();
    if (!all)
        return complain(exit_code::unavailable, all.error().text);
    for (const auto& account : *all) {
        const nlohmann::ordered_json line{{"name", account.name},
                                          {"jid", to_string(Jid{account.name, who.domain, {}})},
                                          {"created", to_rfc3339(account.created)},
                                          {"changed", to_rfc3339(account.changed)}};
        std::cout << (flags.as_json ? line.dump() : account.name) << '\n';
    }
    return exit_code::ok;
}

/// Whatever else is wrong with the configuration is `check`'s to tell.
int act_on(const AccountFlags& flags, Act act, bool makes_database) {
    const auto loaded = load_config(flags.config, read_environment());
    const auto& [config, problems, file] = loaded;
    if (problems.concern("") || problems.concern("/domain") || problems.concern("/state"))
        return report_errors(loaded);
    Jid who{{}, config.domain, {}};
    if (act != list) {
        auto name = to_name(flags.name, config.domain);
        if (!name)
            return complain(exit_code::usage, name.error().text);
        who.local = std::move(*name);
    }
    const auto path = Accounts::path_in(config.state);
    if (makes_database) {
        if (const auto made = make_state_directory(config.state); !made)
            return complain(exit_code::unavailable, made.error().text);
    } else if (std::error_code error; !std::filesystem::exists(path, error)) {
        return complain(exit_code::unavailable,
                        path + ": there are no accounts yet; mucbridge account add NAME makes the first");
    }
    auto accounts = Accounts::open(path);
    if (!accounts)
        return complain(exit_code::unavailable, accounts.error().text);
    return act(*accounts, who, flags);
}

}  // namespace

void add_account(CLI::App& program, Command& chosen) {
    auto* account = program.add_subcommand("account", "Say who may log in with login accounts");
    account->require_subcommand(1);
    const auto add_one = [&](const char* word, const char* about, Act act, bool makes_database) {
        const auto flags = std::make_shared<AccountFlags>();
        auto* command = account->add_subcommand(word, about);
        add_place_flags(*command, flags->config);
        command->add_option("--domain", flags->config.domain, "The accounts' domain [localhost]")->type_name("D");
        if (act == list)
            command->add_flag("--json", flags->as_json, "One JSON object a line");
        else
            command->add_option("name", flags->name, "romeo, or romeo@ and the domain")->required()->type_name("NAME");
        command->callback([=, &chosen] { chosen = [=] { return act_on(*flags, act, makes_database); }; });
    };
    add_one("add", "Add one; its password is asked for, or one line of stdin", add, true);
    add_one("remove", "Remove one", remove, false);
    add_one("list", "Their names", list, false);
    add_one("password", "Give one another password, which is asked for, or one line of stdin", set_password, false);
    account->footer(
        "The accounts are in the state directory, and a running gateway knows of a change at once. Sessions that are\n"
        "open go on until they end.");
}

}  // namespace mucbridge
