#include <algorithm>
#include <sstream>

#include "failure.hpp"
#include "verbs.hpp"

namespace mucbridge::scenes {
namespace {

std::string text_of(const Element& stanza, std::string_view child) {
    const Element* found = stanza.child(child, ns::client);
    return found ? found->text() : "";
}

bool is_error(const Element& stanza) { return stanza.attribute("type") == "error" || stanza.name == "error"; }
/// What a scene may leave unread: how others come and go.
bool must_be_read(const Element& stanza) { return stanza.name != "presence" || is_error(stanza); }

std::string show_next(const Player& player, const std::string& name) {
    const auto found = std::find_if(player.unread.begin(), player.unread.end(),
                                    [&](const Element& stanza) { return name.empty() || stanza.name == name; });
    return found == player.unread.end() ? "nothing" : show(*found);
}

/// "romeo: But soft"
void receive_line(Stage& stage, const Words& words) {
    Player& player = stage.player(words["USER"]);
    const std::string& line = words["LINE"];
    const auto colon = line.find(": ");
    const std::string from = room_jid(stage, player, words) + "/" + line.substr(0, colon);
    const std::string body = unescape(line.substr(colon + 2));
    const bool is_delayed = words.has("delayed");
    const std::string wanted = std::string(is_delayed ? "a delayed" : "a fresh") + " line of " + from + ": " + body;
    const Element stanza = take_next(player, "message", wanted);
    const Element* id = stanza.child("stanza-id", ns::stanza_id);
    if (stanza.attribute("type") != "groupchat" || stanza.attribute("from") != from ||
        text_of(stanza, "body") != body || (stanza.child("delay", ns::delay) != nullptr) != is_delayed)
        throw Failure{wanted, show(stanza)};
    if (!id || id->attribute("id").empty() || id->attribute("by") != room_jid(stage, player, words))
        throw Failure{wanted + " with the room's stanza-id (XEP-0359)", show(stanza)};
}

void receive_xml(Stage& stage, const Words& words) {
    Player& player = stage.player(words["USER"]);
    const Element wanted = parse_xml(words["XML"]);
    const std::string what = words["XML"] + (words.has("XMLB") ? " but no " + words["XMLB"] : "");
    const auto fits = [&](const Element& stanza) {
        Variables tried = stage.variables;
        if (!matches(wanted, stanza, words.has("exactly"), tried))
            return false;
        if (words.has("XMLB")) {
            const Element unwanted = parse_xml(words["XMLB"]);
            for (const Node& node : stanza.nodes)
                if (node.element() && matches(unwanted, *node.element(), false, tried))
                    return false;
        }
        stage.variables = tried;
        return true;
    };
    if (words.has("next")) {
        if (player.unread.empty() || !fits(player.unread.front()))
            throw Failure{"next of all: " + what, show_next(player, "")};
        player.unread.pop_front();
    } else if (wanted.name == "presence") {
        take_presence(player, what, fits, true);
    } else if (const Element stanza = take_next(player, wanted.name, what); !fits(stanza)) {
        throw Failure{what, show(stanza)};
    }
}

void see(Stage& stage, const Words& words, bool available) {
    Player& player = stage.player(words["USER"]);
    const std::string from = room_jid(stage, player, words) + "/" + words["NICK"];
    std::string wanted = "presence of " + from + (available ? "" : ", unavailable");
    if (words.has("CODES"))
        wanted += ", with " + words["CODES"];
    const auto is_wanted = [&](const Element& stanza) {
        return stanza.attribute("from") == from && stanza.attribute("type") == (available ? "" : "unavailable");
    };
    const Element presence = take_presence(player, wanted, is_wanted, true);
    std::istringstream codes(words.get("CODES", ""));
    for (std::string code; codes >> code;)
        if (!has_status(presence, code))
            throw Failure{wanted, show(presence)};
}

void see_nothing(Stage& stage, const Words& words) {
    const Player& player = stage.player(words["USER"]);
    if (const std::string next = show_next(player, "presence"); next != "nothing")
        throw Failure{"no more presence", next};
}

/// The next stanza that must be read is an error of that condition.
void be_refused(Stage& stage, const Words& words) {
    Player& player = stage.player(words["USER"]);
    const std::string wanted = "an error " + words["CONDITION"] + (words.has("TEXT") ? ": " + words["TEXT"] : "");
    const auto found = std::find_if(player.unread.begin(), player.unread.end(), must_be_read);
    if (found == player.unread.end())
        throw Failure{wanted, "nothing"};
    const Element stanza = *found;
    player.unread.erase(found);
    const Element* error = stanza.child("error", ns::client);
    if (!is_error(stanza) || !error || !error->child(words["CONDITION"], ns::stanza_errors))
        throw Failure{wanted, show(stanza)};
    const Element* text = error->child("text", ns::stanza_errors);
    if (words.has("TEXT") && (!text || text->text().find(words["TEXT"]) == std::string::npos))
        throw Failure{wanted, show(stanza)};
}

void be_told(Stage& stage, const Words& words) {
    Player& player = stage.player(words["USER"]);
    const std::string room = room_jid(stage, player, words), wanted = "a notice of " + room + ": " + words["TEXT"];
    const Element stanza = take_next(player, "message", wanted);
    if (stanza.attribute("from") != room || stanza.attribute("type") != "groupchat" ||
        stanza.child("stanza-id", ns::stanza_id) || text_of(stanza, "body").find(words["TEXT"]) == std::string::npos)
        throw Failure{wanted, show(stanza)};
}

void receive_subject(Stage& stage, const Words& words) {
    Player& player = stage.player(words["USER"]);
    const std::string room = room_jid(stage, player, words), wanted = "the subject " + words["TEXT"];
    const Element stanza = take_next(player, "message", wanted);
    const bool is_from = !words.has("NICK") || stanza.attribute("from") == room + "/" + words["NICK"];
    if (!stanza.child("subject", ns::client) || stanza.child("body", ns::client) || !is_from ||
        text_of(stanza, "subject") != words["TEXT"])
        throw Failure{wanted, show(stanza)};
}

void be_logged_out(Stage& stage, const Words& words) {
    Player& player = stage.player(words["USER"]);
    const Element error = take_next(player, "error", "a stream error " + words["CONDITION"]);
    if (error.ns != ns::streams || !error.child(words["CONDITION"], ns::stream_errors))
        throw Failure{"a stream error " + words["CONDITION"], show(error)};
    if (player.is_on())
        throw Failure{"the end of the stream", "an error that left it open"};
}

void receive_nothing(const Player& player) {
    const auto found = std::find_if(player.unread.begin(), player.unread.end(), must_be_read);
    if (found != player.unread.end())
        throw Failure{"nothing more for " + player.casting().name, show(*found)};
}

}  // namespace

Element take_next(Player& player, const std::string& stanza_name, const std::string& wanted) {
    const auto found = std::find_if(player.unread.begin(), player.unread.end(),
                                    [&](const Element& stanza) { return stanza.name == stanza_name; });
    if (found == player.unread.end())
        throw Failure{wanted, "nothing"};
    Element stanza = std::move(*found);
    player.unread.erase(found);
    return stanza;
}

Element take_presence(Player& player, const std::string& wanted, const std::function<bool(const Element&)>& is_wanted,
                      bool passes_over) {
    const auto found = std::find_if(player.unread.begin(), player.unread.end(), [&](const Element& stanza) {
        return stanza.name == "presence" && is_wanted(stanza);
    });
    if (found == player.unread.end())
        throw Failure{wanted, show_next(player, "presence")};
    Element stanza = *found;
    const auto passed = player.unread.erase(found);
    const auto room_of = [](const Element& presence) {
        return presence.attribute("from").substr(0, presence.attribute("from").find('/'));
    };
    const auto is_passed = [&](const Element& other) {
        return other.name == "presence" && !is_error(other) && room_of(other) == room_of(stanza);
    };
    if (passes_over)
        player.unread.erase(std::remove_if(player.unread.begin(), passed, is_passed), passed);
    return stanza;
}

void expect_nothing_unread(Stage& stage) {
    for (const auto& [name, player] : stage.players())
        receive_nothing(*player);
    for (const auto& [name, topic] : stage.topics())
        if (topic.is_read && !topic.unread.empty())
            throw Failure{"nothing more for topic " + name, topic.unread.front().payload};
}

void add_user_outcomes(Verbs& verbs) {
    const auto add = [&](const char* phrase, auto play) { verbs.push_back({Phrase(phrase), play, false}); };
    add("USER receives nothing more",
        [](Stage& stage, const Words& words) { receive_nothing(stage.player(words["USER"])); });
    add("nobody receives anything more", [](Stage& stage, const Words&) { expect_nothing_unread(stage); });
    add("USER receives [exactly] [next] XML [but no XMLB]", receive_xml);
    add("USER receives the subject TEXT [in ROOM] [from NICK]", receive_subject);
    add("USER receives [delayed] [in ROOM] LINE", receive_line);
    add("USER is told TEXT [in ROOM]", be_told);
    add("USER is refused CONDITION [saying TEXT]", be_refused);
    add("USER is logged out with CONDITION", be_logged_out);
    add("USER sees NICK enter [in ROOM] [with CODES]",
        [](Stage& stage, const Words& words) { see(stage, words, true); });
    add("USER sees NICK leave [in ROOM] [with CODES]",
        [](Stage& stage, const Words& words) { see(stage, words, false); });
    add("USER sees nothing more", see_nothing);
}

}  // namespace mucbridge::scenes
