#include "cli/target.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "broker/url.hpp"
#include "core/utf8.hpp"
#include "gateway/control.hpp"

namespace mucbridge {
namespace {

constexpr std::chrono::seconds patience{3};

Result<nlohmann::json> ask_status(const Config& config) {
    const auto answer = ask_control(control_path(config.state), "status", patience);
    if (!answer)
        return answer.error();
    auto status = nlohmann::json::parse(*answer, nullptr, false);
    if (!status.is_object())
        return Error{"the gateway's answer is no status: " + to_log_text(cut_utf8(*answer, 100))};
    return status;
}

std::string text_at(const nlohmann::json& object, const char* pointer) {
    const nlohmann::json::json_pointer place(pointer);
    return object.contains(place) && object[place].is_string() ? object[place].get<std::string>() : "";
}

const BrokerConfig* find_named(const Config& config, const std::string& name) {
    const auto& brokers = config.brokers;
    if (name.empty() && brokers.size() == 1)
        return &brokers.front();
    const auto wanted = name.empty() ? "main" : name;
    const auto found =
        std::find_if(brokers.begin(), brokers.end(), [&](const BrokerConfig& broker) { return broker.name == wanted; });
    return found == brokers.end() ? nullptr : &*found;
}

}  // namespace

bool Target::may_be_room() const {
    if (is_room || is_topic)
        return is_room;
    return text.find('@') != std::string::npos || text.find('/') == std::string::npos;
}

bool Target::may_be_topic() const {
    if (is_room || is_topic)
        return is_topic;
    return text.find('@') == std::string::npos;
}

void add_target(CLI::App& command, Target& target, const std::string& about) {
    command.add_option("target", target.text, about)->required()->type_name("ROOM|TOPIC");
    auto* room = command.add_flag("--room", target.is_room, "The word is a room, whatever it looks like");
    command.add_flag("--topic", target.is_topic, "The word is a topic, whatever it looks like")->excludes(room);
}

Result<Jid> to_room(const std::string& text, const Config& config) {
    auto room = Jid::parse(text.find('@') == std::string::npos ? text + "@" + config.rooms_domain : text);
    if (!room)
        return Error{"want a room such as foo.bar@" + config.rooms_domain + ": " + room.error().text};
    if (room->local.empty() || !room->is_bare())
        return Error{"want a room such as foo.bar@" + config.rooms_domain + ", got " + to_log_text(text)};
    return room;
}

Result<std::string> find_listener(const Config& config) {
    std::vector<std::string> urls;
    for (const auto& listen : config.listen)
        urls.push_back(listen.url);
    if (const auto status = ask_status(config); status && status->contains("listen"))
        urls = status->at("listen").get<std::vector<std::string>>();
    const auto found = std::ranges::find_if(urls, [](const auto& url) { return url.starts_with("xmpp://"); });
    if (found == urls.end())
        return Error{"want a server to connect to (--server): the gateway has no xmpp:// listener"};
    return *found;
}

Result<BrokerConfig> find_broker(const Config& config, const std::string& name) {
    const auto* found = find_named(config, name);
    if (found == nullptr)
        return Error{"want the name of a configured broker, got " + (name.empty() ? "none" : to_log_text(name))};
    auto broker = *found;
    const auto scheme = scheme_of(broker.url);
    if (scheme == "memory")
        return Error{broker.url +
                     " lives inside the gateway, where nobody else can connect to it: use a room, or "
                     "another broker"};
    if (scheme != "embedded")
        return broker;
    const auto status = ask_status(config);
    if (!status)
        return Error{"the gateway's private broker runs with the gateway alone: " + status.error().text};
    broker.url = text_at(*status, ("/brokers/" + broker.name + "/endpoint").c_str());
    if (broker.url.empty())
        return Error{"the gateway's private broker is not up yet"};
    return broker;
}

}  // namespace mucbridge
