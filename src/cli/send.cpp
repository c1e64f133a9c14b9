#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/line_source.hpp"
#include "cli/topic_client.hpp"
#include "cli/visit.hpp"
#include "core/unique.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

const std::string default_nick = "mucbridge-send";

struct SendFlags : VisitFlags {
    std::vector<std::string> words;
    int qos = 1;
    bool retain = false, as_json = false;

    std::string text() const {
        std::string joined;
        for (const auto& word : words)
            joined += (joined.empty() ? "" : " ") + word;
        return joined;
    }
};

/// Says lines in a room, some at a time, and waits for each until the room has shown or refused it.
class Speaker {
public:
    Speaker(RoomClient& client, LineSource& lines, double timeout)
        : client_(client), lines_(lines), timeout_(timeout), deadline_(after(timeout)) {}

    int run() {
        for (;;) {
            say_more();
            if (awaited_.empty() && (code_ != exit_code::ok || lines_.is_at_end()))
                return code_;
            const auto event = client_.next(awaited_.empty() ? Tick::max() : deadline_);
            if (event)
                std::visit([this](const auto& what) { on(what); }, *event);
            else if (!awaited_.empty() && std::chrono::steady_clock::now() >= deadline_)
                return give_up();
            if (has_ended_)
                return code_;
        }
    }

private:
    void say_more() {
        constexpr std::size_t window = 50;
        while (code_ == exit_code::ok && awaited_.size() < window) {
            const auto line = lines_.take();
            if (!line)
                return;
            ++number_;
            if (!is_xml_text(*line))
                code_ = complain(exit_code::usage, place(number_) + "want UTF-8 text without control characters");
            else if (!line->empty())
                awaited_.emplace(client_.say(*line), number_);
            deadline_ = after(timeout_);
        }
    }

    void on(const RoomJoined&) {}

    void on(const RoomLine& line) {
        if (!line.is_ours)
            return;
        awaited_.erase(line.id);
        deadline_ = after(timeout_);
    }

    void on(const RoomRefusal& refusal) {
        const auto found = awaited_.find(refusal.id);
        if (found == awaited_.end())
            return;
        code_ = complain(exit_code::unavailable, place(found->second) + describe(refusal));
        awaited_.erase(found);
        deadline_ = after(timeout_);
    }

    static void on(const RoomNotice& notice) { std::cerr << "the room: " << to_log_text(notice.text) << '\n'; }

    void on(const RoomEnded& ended) {
        has_ended_ = true;
        code_ = complain(exit_code::unavailable, ended.reason);
    }

    int give_up() const {
        const auto first = awaited_.begin();
        return complain(exit_code::try_again, place(first->second) + "not confirmed in time; it may yet appear");
    }

    static std::string place(std::size_t number) { return "line " + std::to_string(number) + ": "; }

    RoomClient& client_;
    LineSource& lines_;
    const double timeout_;
    Tick deadline_;
    std::map<std::string, std::size_t> awaited_;  // ids of lines that are neither shown nor refused, and their numbers
    std::size_t number_ = 0;
    int code_ = exit_code::ok;
    bool has_ended_ = false;
};

int send_to_room(const SendFlags& flags, const Config& config) {
    const auto entered = enter_room(flags, config, default_nick);
    if (!entered.client)
        return entered.code;
    auto& client = *entered.client;
    const auto lines = flags.words.empty() ? std::make_unique<LineSource>([&client] { client.wake(); })
                                           : std::make_unique<LineSource>(flags.text());
    const int code = Speaker(client, *lines, flags.timeout).run();
    constexpr double farewell = 2;
    client.leave(after(farewell));
    return code;
}

/// What other gateways read out of the payload json.
std::string to_json_line(const std::string& body, const std::string& nick) {
    const auto now = read_clocks().wall;
    const nlohmann::ordered_json line{
        {"id", make_uuid7(now)}, {"nick", nick}, {"body", body}, {"time", to_rfc3339(now)}};
    return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Publication make_publication(const SendFlags& flags, std::string line) {
    Publication publication;
    publication.address = flags.target.text;
    publication.qos = flags.qos;
    publication.retain = flags.retain;
    publication.is_text = is_utf8(line);
    publication.payload = std::move(line);
    if (flags.as_json) {
        publication.payload = to_json_line(publication.payload, flags.nick.empty() ? default_nick : flags.nick);
        publication.content_type = "application/json";
        publication.is_text = true;
    }
    return publication;
}

int send_to_topic(const SendFlags& flags, const Config& config) {
    const auto broker = find_broker(config, config.rules.front().broker);
    if (!broker)
        return complain(exit_code::unavailable, broker.error().text);
    auto client = TopicClient::connect(*broker, after(flags.timeout));
    if (!client)
        return complain(exit_code::unavailable, client.error().text);
    LineSource lines = flags.words.empty() ? LineSource([] {}) : LineSource(flags.text());
    while (auto line = lines.wait())
        if (!(*client)->publish(make_publication(flags, std::move(*line)), after(flags.timeout)))
            break;
    const auto settled = (*client)->settle(after(flags.timeout));
    if (settled && settled->outcome == Settlement::Outcome::rejected)
        return complain(exit_code::unavailable, "the broker refuses the line: " + settled->reason);
    if (settled && settled->outcome == Settlement::Outcome::accepted && (*client)->why_down().empty())
        return exit_code::ok;
    const auto why = settled && !settled->reason.empty() ? settled->reason : (*client)->why_down();
    return complain(exit_code::try_again, "not confirmed: " + (why.empty() ? "no answer in time" : why));
}

int send(const SendFlags& flags) {
    const auto loaded = load_config(flags.config, read_environment());
    if (const int code = report_errors(loaded); code != exit_code::ok)
        return code;
    const bool is_room = flags.target.is_room || (!flags.target.is_topic && !flags.target.may_be_topic());
    return is_room ? send_to_room(flags, loaded.config) : send_to_topic(flags, loaded.config);
}

}  // namespace

void add_send(CLI::App& program, Command& chosen) {
    const auto flags = std::make_shared<SendFlags>();
    auto* command = program.add_subcommand("send", "Say a line in a room, or publish it on a topic");
    add_target(*command, flags->target, "A room (with @, or --room) or a topic");
    command->add_option("text", flags->words, "The line; without it, every line of stdin is one")->type_name("TEXT");
    add_visit_flags(*command, *flags, default_nick);
    command->get_option("--timeout")->description("How long to wait for each step: to enter, for a line [30]");
    command->add_option("--qos", flags->qos, "For a topic: 0, 1 or 2 [1]")->check(CLI::IsMember({0, 1, 2}));
    command->add_flag("--retain", flags->retain, "For a topic: the broker keeps it for who comes later");
    command->add_flag("--json", flags->as_json, "For a topic: as the payload json has it");
    command->footer(
        "Exits with 0 when every line was shown or taken, 69 when one was refused, 75 when one was not\n"
        "confirmed in time.");
    command->callback([flags, &chosen] { chosen = [flags] { return send(*flags); }; });
}

}  // namespace mucbridge
