#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "core/utf8.hpp"
#include "gateway/control.hpp"

namespace mucbridge {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

/// What the running gateway says of itself, or why there is no answer.
struct Answer {
    json status;
    std::string why_not;

    bool is_up() const { return status.is_object(); }
    bool is_ready() const { return is_up() && status.value("ready", false); }
    int to_exit_code() const {
        if (!is_up())
            return exit_code::unavailable;
        return is_ready() ? exit_code::ok : exit_code::try_again;
    }
};

Answer ask(const std::string& state) {
    constexpr std::chrono::seconds patience{3};
    const auto line = ask_control(control_path(state), "status", patience);
    if (!line)
        return {{}, line.error().text};
    auto status = json::parse(*line, nullptr, false);
    if (!status.is_object())
        return {{}, "the gateway's answer is no status: " + to_log_text(cut_utf8(*line, 100))};
    return {std::move(status), {}};
}

/// Only where the state directory is matters here, so other errors of a configuration do not.
std::string find_state(const ConfigFlags& flags) { return load_config(flags, read_environment()).config.state; }

std::string text_of(const json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end())
        return {};
    return to_log_text(found->is_string() ? found->get<std::string>() : found->dump());
}

/// The part of that name; where it is missing, an empty one that works as well.
const json& part_of(const json& status, const char* key) {
    static const json nothing = json::object();
    const auto found = status.find(key);
    return found == status.end() ? nothing : *found;
}

/// "    set aside: garden@rooms.localhost, 2026-11-23T07:00:00Z, id 01..: why". An older gateway says less.
void print_set_aside(const json& line) {
    std::cout << "    set aside: " << text_of(line, "room");
    for (const char* key : {"said_at", "set_aside_at"})
        if (const auto time = text_of(line, key); !time.empty()) {
            std::cout << ", " << time;
            break;
        }
    std::cout << ", id " << text_of(line, "id") << ": " << text_of(line, "reason") << '\n';
}

/// ", 3 spooled" where the gateway tells of any.
void print_count(const json& of, const char* key, const char* word) {
    if (const auto count = text_of(of, key); !count.empty() && count != "0")
        std::cout << ", " << count << ' ' << word;
}

void print_broker(const std::string& name, const json& broker) {
    std::cout << "broker " << to_log_text(name) << ": " << text_of(broker, "state");
    for (const char* key : {"endpoint", "protocol"})
        if (const auto text = text_of(broker, key); !text.empty())
            std::cout << ", " << text;
    std::cout << ", " << text_of(broker, "in_flight") << " lines in flight, " << text_of(broker, "waiting")
              << " waiting";
    print_count(broker, "spooled", "on disk");
    print_count(broker, "set_aside", "set aside");
    print_count(broker, "unheard", "delivered and not yet said");
    std::cout << '\n';
    if (const auto reason = text_of(broker, "reason"); !reason.empty())
        std::cout << "    " << reason << '\n';
    for (const auto& line : part_of(broker, "set_aside_lines"))
        print_set_aside(line);
}

void print_store(const json& store) {
    if (store.empty())
        return;
    std::cout << "store: " << text_of(store, "state");
    print_count(store, "waiting_bytes", "bytes waiting");
    print_count(store, "archived", "lines archived");
    std::cout << '\n';
    if (const auto reason = text_of(store, "reason"); !reason.empty())
        std::cout << "    " << reason << '\n';
}

void print_component(const json& component) {
    std::cout << "component " << text_of(component, "domain") << " of " << text_of(component, "server") << ": "
              << text_of(component, "state") << ", " << text_of(component, "sessions") << " sessions\n";
    if (const auto reason = text_of(component, "reason"); !reason.empty())
        std::cout << "    " << reason << '\n';
}

void print_for_people(const json& status) {
    std::cout << (status.value("ready", false) ? "ready" : "not ready") << " (mucbridge " << text_of(status, "version")
              << ", up " << text_of(status, "uptime_seconds") << " s)\n";
    for (const auto& url : part_of(status, "listen"))
        std::cout << "listening on " << (url.is_string() ? to_log_text(url.get<std::string>()) : url.dump()) << '\n';
    if (!part_of(status, "listen").empty())
        std::cout << "domain " << text_of(status, "domain") << ", rooms at " << text_of(status, "rooms_domain") << '\n';
    std::cout << text_of(status, "sessions") << " sessions, " << text_of(status, "rooms") << " rooms, "
              << text_of(status, "occupants") << " occupants";
    print_count(status, "persistent_rooms", "rooms persistent");
    std::cout << '\n';
    for (const auto& component : part_of(status, "components"))
        print_component(component);
    for (const auto& [name, broker] : part_of(status, "brokers").items())
        print_broker(name, broker);
    print_store(part_of(status, "store"));
    std::cout << "lines:";
    for (const auto& [kind, count] : part_of(status, "lines").items())
        std::cout << ' ' << kind << ' ' << count.dump();
    std::cout << '\n';
}

int show_status(const ConfigFlags& flags, bool as_json) {
    const auto answer = ask(find_state(flags));
    if (!answer.is_up())
        std::cerr << "mucbridge: " << answer.why_not << '\n';
    else if (as_json)
        std::cout << answer.status.dump() << '\n';
    else
        print_for_people(answer.status);
    return answer.to_exit_code();
}

int wait_until(const ConfigFlags& flags, const std::string& wanted, std::chrono::duration<double> timeout) {
    constexpr std::chrono::milliseconds between{100};
    const auto state = find_state(flags);
    const auto deadline = Clock::now() + timeout;
    for (;;) {
        const auto answer = ask(state);
        if (answer.is_ready() || (wanted == "up" && answer.is_up()))
            return exit_code::ok;
        if (Clock::now() + between >= deadline) {
            std::cerr << "mucbridge: not " << wanted << " in time: "
                      << (answer.is_up()
                              ? "the gateway runs, but a broker or component is not up (mucbridge status tells)"
                              : answer.why_not)
                      << '\n';
            return answer.to_exit_code();
        }
        std::this_thread::sleep_for(between);
    }
}

}  // namespace

void add_status(CLI::App& program, Command& chosen) {
    const auto flags = std::make_shared<ConfigFlags>();
    const auto as_json = std::make_shared<bool>(false);
    auto* command = program.add_subcommand("status", "Ask the running gateway how it is");
    add_place_flags(*command, *flags);
    command->add_flag("--json", *as_json, "One line of JSON");
    command->footer("Exits with 0 when it is ready, 75 when it runs but is not, 69 when nobody answers.");
    command->callback([=, &chosen] { chosen = [=] { return show_status(*flags, *as_json); }; });
}

void add_wait(CLI::App& program, Command& chosen) {
    const auto flags = std::make_shared<ConfigFlags>();
    const auto wanted = std::make_shared<std::string>("ready");
    const auto timeout = std::make_shared<double>(30);
    auto* command = program.add_subcommand("wait", "Wait until the gateway is ready");
    add_place_flags(*command, *flags);
    command->add_option("--timeout", *timeout, "How long at most [30]")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.0, 86400.0));
    command
        ->add_option("--for", *wanted,
                     "ready: listening and connected to every broker and component; up: running [ready]")
        ->type_name("ready|up")
        ->check(CLI::IsMember({"ready", "up"}));
    command->footer("Exits with 0 then; after the time with 75 if it runs, with 69 if nobody answers.");
    command->callback([=, &chosen] {
        chosen = [=] { return wait_until(*flags, *wanted, std::chrono::duration<double>(*timeout)); };
    });
}

}  // namespace mucbridge
