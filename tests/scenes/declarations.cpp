#include <algorithm>

#include "failure.hpp"
#include "verbs.hpp"

namespace mucbridge::scenes {
namespace {

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

std::size_t number(const std::string& text) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos)
        throw Failure{"a number", text};
    return std::stoul(text);
}

/// "user Juliet", "user Balcony is juliet/balcony at verona"
void declare_user(Stage& stage, const Words& words) {
    Casting casting{words["NAME"], lower(words["NAME"]), "home", words.get("GATEWAY", main_gateway),
                    words.has("anonymous")};
    if (words.has("JID")) {
        const std::string& jid = words["JID"];
        casting.local = jid.substr(0, jid.find('/'));
        if (jid.find('/') != std::string::npos)
            casting.resource = jid.substr(jid.find('/') + 1);
    }
    stage.add_user(std::move(casting));
}

void declare_rule(Stage& stage, const Words& words) {
    RuleConfig rule;
    const std::string& text = words["RULE"];
    if (text.find('=') == std::string::npos)
        throw Failure{"a rule, ROOM=TOPIC", text};
    rule.room = text.substr(0, text.find('='));
    rule.topic = text.substr(text.find('=') + 1);
    if (words.has("FILTER"))
        rule.read = words["FILTER"];
    const std::string payload = words.get("PAYLOAD", "text"), direction = words.get("DIRECTION", "both");
    if ((payload != "text" && payload != "json") || (direction != "both" && direction != "in" && direction != "out"))
        throw Failure{"payload text or json, direction both, in or out", payload + ", " + direction};
    rule.payload = payload == "json" ? PayloadKind::json : PayloadKind::text;
    rule.direction = direction == "in" ? Direction::in : direction == "out" ? Direction::out : Direction::both;
    rule.qos = static_cast<int>(number(words.get("QOS", "1")));
    rule.retain = words.has("retain");
    rule.nick = words.get("TEXT", "");
    stage.config.rules.push_back(std::move(rule));
}

void declare_protocol(Stage& stage, const Words& words) {
    const std::string version = words["VERSION"];
    if (version != "5" && version != "3.1.1")
        throw Failure{"MQTT 5 or MQTT 3.1.1", version};
    BrokerFacts facts;
    facts.protocol = "MQTT " + version;
    facts.carries_properties = facts.tells_refusals = version == "5";
    stage.bus().pretend(facts);
}

void declare_limit(Stage& stage, const Words& words) {
    LimitsConfig& limits = stage.config.limits;
    std::map<std::string, std::size_t*> known = {{"waiting-lines", &stage.config.brokers.front().queue_lines},
                                                 {"history-lines", &limits.history_lines},
                                                 {"lines-in-flight", &limits.lines_in_flight_per_room},
                                                 {"occupants", &limits.occupants_per_room},
                                                 {"rooms-per-session", &limits.rooms_per_session},
                                                 {"body-bytes", &limits.body_bytes}};
    const auto found = known.find(words["LIMIT"]);
    if (found == known.end())
        throw Failure{"waiting-lines, history-lines, lines-in-flight, occupants, rooms-per-session or body-bytes",
                      words["LIMIT"]};
    *found->second = number(words["NUMBER"]);
}

}  // namespace

void add_declarations(Verbs& verbs) {
    const auto add = [&](const char* phrase, auto play) { verbs.push_back({Phrase(phrase), play, true}); };
    add("room ROOM", [](Stage& stage, const Words& words) { stage.rooms.insert(words["ROOM"]); });
    add("user NAME [is JID] [anonymous] [at GATEWAY]", declare_user);
    add("gateway GATEWAY [with key KEY]",
        [](Stage& stage, const Words& words) { stage.add_gateway(words["GATEWAY"], words.get("KEY", "")); });
    add("rule RULE [reading FILTER] [payload PAYLOAD] [qos QOS] [direction DIRECTION] [retain] [nick TEXT]",
        declare_rule);
    add("broker speaks MQTT VERSION", declare_protocol);
    add("limit LIMIT NUMBER", declare_limit);
}

}  // namespace mucbridge::scenes
