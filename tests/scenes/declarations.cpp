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

PayloadKind payload_of(const Words& words) {
    const std::string payload = words.get("PAYLOAD", "text");
    if (payload != "text" && payload != "json")
        throw Failure{"payload text or json", payload};
    return payload == "json" ? PayloadKind::json : PayloadKind::text;
}

Direction direction_of(const Words& words) {
    const std::string direction = words.get("DIRECTION", "both");
    if (direction != "both" && direction != "in" && direction != "out")
        throw Failure{"direction both, in or out", direction};
    return direction == "in" ? Direction::in : direction == "out" ? Direction::out : Direction::both;
}

void declare_rule(Stage& stage, const Words& words) {
    RuleConfig rule;
    const std::string& text = words["RULE"];
    if (text.find('=') == std::string::npos)
        throw Failure{"a rule, ROOM=TOPIC", text};
    rule.room = text.substr(0, text.find('='));
    rule.topic = text.substr(text.find('=') + 1);
    rule.broker = words.get("BROKER", "");
    if (words.has("FILTER"))
        rule.read = words["FILTER"];
    rule.payload = payload_of(words);
    rule.direction = direction_of(words);
    rule.qos = static_cast<int>(number(words.get("QOS", "1")));
    rule.retain = words.has("retain");
    rule.persistent = words.has("persistent");
    rule.nick = words.get("TEXT", "");
    stage.config.rules.push_back(std::move(rule));
}

RuleConfig& last_rule(Stage& stage) {
    if (stage.config.rules.empty())
        throw Failure{"a rule before it", "none"};
    return stage.config.rules.back();
}

/// "mirror garden/copy on other direction in": of the rule before it.
void declare_mirror(Stage& stage, const Words& words) {
    MirrorConfig mirror;
    mirror.topic = words["TOPIC"];
    mirror.broker = words.get("BROKER", "");
    mirror.payload = payload_of(words);
    mirror.direction = direction_of(words);
    last_rule(stage).mirrors.push_back(std::move(mirror));
}

/// Whom the rule before it lets read or write.
void declare_who(Stage& stage, const Words& words, std::vector<std::string> WhoConfig::*patterns) {
    WhoConfig& who = last_rule(stage).who;
    who.configured = true;
    (who.*patterns).push_back(words["PATTERN"]);
}

/// "alias kitchen=Sensors/Kitchen": the room's name, and what stands for it in addresses.
void declare_alias(Stage& stage, const Words& words) {
    const std::string& text = words["ALIAS"];
    const auto at = text.find('=');
    if (at == std::string::npos)
        throw Failure{"an alias, ROOM=TOPIC", text};
    stage.config.aliases.push_back({text.substr(0, at), text.substr(at + 1)});
}

void declare_administrator(Stage& stage, const Words& words) {
    const auto jid = Jid::parse(words["JID"]);
    if (!jid)
        throw Failure{"a JID", words["JID"]};
    stage.config.administrators.push_back(*jid);
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
                                                 {"rooms", &limits.rooms},
                                                 {"persistent-rooms", &limits.persistent_rooms},
                                                 {"rooms-per-session", &limits.rooms_per_session},
                                                 {"nick-characters", &limits.nick_characters},
                                                 {"room-bytes", &limits.room_bytes},
                                                 {"body-bytes", &limits.body_bytes}};
    const auto found = known.find(words["LIMIT"]);
    if (found == known.end())
        throw Failure{
            "waiting-lines, history-lines, lines-in-flight, occupants, rooms, persistent-rooms, rooms-per-session, "
            "nick-characters, room-bytes or body-bytes",
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
    add("rule RULE [at BROKER] [reading FILTER] [payload PAYLOAD] [qos QOS] [direction DIRECTION] [retain] "
        "[persistent] [nick TEXT]",
        declare_rule);
    add("mirror TOPIC [on BROKER] [payload PAYLOAD] [direction DIRECTION]", declare_mirror);
    add("another broker BROKER [speaks MQTT VERSION]",
        [](Stage& stage, const Words& words) { stage.add_broker(words["BROKER"], words.get("VERSION", "5")); });
    add("may read PATTERN", [](Stage& stage, const Words& words) { declare_who(stage, words, &WhoConfig::read); });
    add("may write PATTERN", [](Stage& stage, const Words& words) { declare_who(stage, words, &WhoConfig::write); });
    add("alias ALIAS", declare_alias);
    add("administrator JID", declare_administrator);
    add("broker speaks MQTT VERSION", declare_protocol);
    add("limit LIMIT NUMBER", declare_limit);
}

}  // namespace mucbridge::scenes
