#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/topic_client.hpp"
#include "cli/visit.hpp"
#include "core/address.hpp"
#include "core/unique.hpp"
#include "core/utf8.hpp"
#include "xmpp/base64.hpp"

namespace mucbridge {
namespace {

using nlohmann::ordered_json;

struct TailFlags : VisitFlags {
    std::size_t count = 0;  // 0: no end
    bool as_json = false;
    TailFlags() { timeout = 0; }  // 0: no end
};

/// Counts what is printed and knows when that is enough.
class Printer {
public:
    explicit Printer(const TailFlags& flags)
        : count_(flags.count), deadline_(flags.timeout > 0 ? after(flags.timeout) : Tick::max()) {}

    void print(const std::string& line) {
        std::cout << line << std::endl;  // NOLINT: a script waits for this line
        ++printed_;
    }
    void print(const ordered_json& line) { print(line.dump(-1, ' ', false, ordered_json::error_handler_t::replace)); }

    bool is_enough() const { return count_ > 0 && printed_ >= count_; }
    Tick deadline() const { return deadline_; }
    bool is_late() const { return std::chrono::steady_clock::now() >= deadline_; }
    /// Of an end by time.
    int to_exit_code() const { return count_ == 0 ? exit_code::ok : exit_code::try_again; }

private:
    const std::size_t count_;
    const Tick deadline_;
    std::size_t printed_ = 0;
};

ordered_json to_json(const RoomLine& line, const std::string& room) {
    ordered_json object{{"room", room}, {"nick", line.nick}, {"body", line.body}, {"id", line.id}};
    object["stanza_id"] = line.stanza_id;
    object["time"] = line.delayed.empty() ? to_rfc3339(read_clocks().wall) : line.delayed;
    object["delayed"] = !line.delayed.empty();
    return object;
}

int follow_room(const TailFlags& flags, const Config& config) {
    auto entering = flags;
    constexpr double usual = 30;
    entering.timeout = flags.timeout > 0 ? flags.timeout : usual;
    const auto room = to_room(flags.target.text, config);
    const auto nick = "mucbridge-tail-" + make_random_hex(3);
    Printer printer(flags);
    const auto entered = enter_room(entering, config, nick);
    if (!entered.client)
        return entered.code;
    std::cerr << "joined " << to_string(*room) << std::endl;  // NOLINT: a script waits for this line
    while (!printer.is_enough()) {
        const auto event = entered.client->next(printer.deadline());
        if (!event && printer.is_late())
            break;
        if (!event)
            continue;
        if (const auto* ended = std::get_if<RoomEnded>(&*event))
            return complain(exit_code::unavailable, ended->reason);
        if (const auto* notice = std::get_if<RoomNotice>(&*event))
            std::cerr << "the room: " << to_log_text(notice->text) << '\n';
        const auto* line = std::get_if<RoomLine>(&*event);
        if (line != nullptr && flags.as_json)
            printer.print(to_json(*line, to_string(*room)));
        else if (line != nullptr)
            printer.print(to_log_text(line->nick) + ": " + to_log_text(line->body));
    }
    constexpr double farewell = 2;
    entered.client->leave(after(farewell));
    return printer.is_enough() ? exit_code::ok : printer.to_exit_code();
}

ordered_json to_json(const Delivery& delivery) {
    ordered_json properties = ordered_json::object();
    for (const auto& [name, value] : delivery.properties)
        if (!properties.contains(name))
            properties[name] = value;
    ordered_json object{{"topic", delivery.address}, {"payload", delivery.payload}};
    if (!is_utf8(delivery.payload))
        object["payload_base64"] = to_base64(delivery.payload);
    object["properties"] = properties;
    object["retained"] = delivery.retained;
    object["qos"] = delivery.qos;
    return object;
}

std::string to_text(const Delivery& delivery, bool with_topic) {
    return (with_topic ? to_log_text(delivery.address) + ": " : "") + to_log_text(delivery.payload);
}

int follow_topic(const TailFlags& flags, const Config& config) {
    Printer printer(flags);
    constexpr double usual = 30;
    const auto connected_by = flags.timeout > 0 ? printer.deadline() : after(usual);
    const auto broker = find_broker(config, config.rules.front().broker);
    if (!broker)
        return complain(exit_code::unavailable, broker.error().text);
    auto client = TopicClient::connect(*broker, connected_by);
    if (!client)
        return complain(exit_code::unavailable, client.error().text);
    if (const auto subscribed = (*client)->subscribe(flags.target.text, 1, connected_by); !subscribed)
        return complain(exit_code::unavailable, subscribed.error().text);
    std::cerr << "subscribed " << to_log_text(flags.target.text) << std::endl;  // NOLINT: a script waits for this line
    const bool with_topic = has_wildcard(flags.target.text, address_kind_of(*broker));
    while (!printer.is_enough()) {
        const auto delivery = (*client)->next(printer.deadline());
        if (!delivery && printer.is_late())
            return printer.to_exit_code();
        if (!delivery)
            return complain(exit_code::unavailable, (*client)->why_down());
        if (flags.as_json)
            printer.print(to_json(*delivery));
        else
            printer.print(to_text(*delivery, with_topic));
    }
    return exit_code::ok;
}

int tail(const TailFlags& flags) {
    const auto loaded = load_config(flags.config, read_environment());
    if (const int code = report_errors(loaded); code != exit_code::ok)
        return code;
    const bool is_room = flags.target.is_room || (!flags.target.is_topic && !flags.target.may_be_topic());
    return is_room ? follow_room(flags, loaded.config) : follow_topic(flags, loaded.config);
}

}  // namespace

void add_tail(CLI::App& program, Command& chosen) {
    const auto flags = std::make_shared<TailFlags>();
    auto* command = program.add_subcommand("tail", "Follow a room or a topic");
    add_target(*command, flags->target, "A room (with @, or --room), or a topic or filter");
    add_visit_flags(*command, *flags, "mucbridge-tail-...");
    command->get_option("--timeout")->description("End after this time");
    command->add_option("--count", flags->count, "End after so many lines")->type_name("N")->check(CLI::PositiveNumber);
    command->add_flag("--json", flags->as_json, "One JSON object a line");
    command->footer(
        "Prints \"nick: body\" of a room, the payload of a topic, one line each, control characters as\n"
        "\\xNN; says \"joined\" or \"subscribed\" on stderr once it listens. Exits with 0 after the\n"
        "count, with 75 where the time ends first, with 69 where the server or broker does.");
    command->callback([flags, &chosen] { chosen = [flags] { return tail(*flags); }; });
}

}  // namespace mucbridge
