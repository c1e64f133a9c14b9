#include "failure.hpp"
#include "verbs.hpp"
#include "xml/writer.hpp"

namespace mucbridge::scenes {
namespace {

std::string escaped(const std::string& text) {
    std::string out;
    append_escaped_text(out, text);
    return out;
}

std::string attribute(const std::string& name, const std::string& value) {
    std::string out;
    append_attribute(out, name, value);
    return out;
}

void send_join(Stage& stage, const Words& words) {
    Player& player = stage.player(words["USER"]);
    if (!stage.rooms.contains(words["ROOM"]))
        throw Failure{"a declared room", words["ROOM"]};
    player.room = words["ROOM"];
    player.nicks[player.room] = words["NICK"];
    player.send("<presence" + attribute("to", room_jid(stage, player, {}) + "/" + words["NICK"]) +
                    "><x xmlns='http://jabber.org/protocol/muc'>" + words.get("XML", "") + "</x></presence>",
                stage.now());
    stage.settle();
}

/// Inside, with nothing left to read of it but history, a subject that there is, and others' presence.
void join(Stage& stage, const Words& words) {
    Player& player = stage.player(words["USER"]);
    send_join(stage, words);
    const std::string room = room_jid(stage, player, {}), self = room + "/" + words["NICK"];
    take_presence(player, "its own presence as " + self, [&](const Element& presence) {
        return presence.attribute("from") == self && presence.attribute("type").empty() && has_status(presence, "110");
    });
    const auto is_subject = [&](const Element& stanza) {
        return stanza.name == "message" && stanza.child("subject", ns::client) && !stanza.child("body", ns::client);
    };
    const auto subject = std::find_if(player.unread.begin(), player.unread.end(), is_subject);
    if (subject == player.unread.end())
        throw Failure{"a subject after the history (XEP-0045 §7.2.15)", "none"};
    if (subject->child("subject", ns::client)->text().empty())
        player.unread.erase(subject);
}

void leave(Stage& stage, const Words& words) {
    Player& player = stage.player(words["USER"]);
    const std::string room = room_jid(stage, player, words);
    const std::string self = room + "/" + player.nicks[room.substr(0, room.find('@'))];
    player.send("<presence type='unavailable'" + attribute("to", self) + ">" +
                    (words.has("TEXT") ? "<status>" + escaped(words["TEXT"]) + "</status>" : "") + "</presence>",
                stage.now());
    stage.settle();
    take_presence(player, "its own leaving", [&](const Element& presence) {
        return presence.attribute("from") == self && presence.attribute("type") == "unavailable" &&
               has_status(presence, "110");
    });
}

void say(Stage& stage, const Words& words, const std::string& what) {
    Player& player = stage.player(words["USER"]);
    player.send("<message type='groupchat'" + attribute("id", player.next_id()) +
                    attribute("to", room_jid(stage, player, words)) + ">" + what + "</message>",
                stage.now());
}

void change_nick(Stage& stage, const Words& words) {
    Player& player = stage.player(words["USER"]);
    const std::string room = room_jid(stage, player, words);
    player.nicks[room.substr(0, room.find('@'))] = words["NICK"];
    player.send("<presence" + attribute("to", room + "/" + words["NICK"]) + "/>", stage.now());
}

}  // namespace

std::string room_jid(Stage& stage, const Player& player, const Words& words) {
    const std::string room = words.get("ROOM", player.room);
    if (!stage.rooms.contains(room))
        throw Failure{"a declared room", room.empty() ? player.casting().name + " joined none" : room};
    return room + "@" + stage.config.rooms_domain;
}

bool has_status(const Element& presence, const std::string& code) {
    const Element* x = presence.child("x", ns::muc_user);
    if (!x)
        return false;
    return std::any_of(x->nodes.begin(), x->nodes.end(), [&](const Node& node) {
        return node.element() && node.element()->name == "status" && node.element()->attribute("code") == code;
    });
}

void add_user_verbs(Verbs& verbs) {
    const auto add = [&](const char* phrase, auto play) { verbs.push_back({Phrase(phrase), play, false}); };
    add("USER joins ROOM as NICK [with XML]", join);
    add("USER asks to join ROOM as NICK [with XML]", send_join);
    add("USER leaves [ROOM] [saying TEXT]", leave);
    add("USER says TEXT [in ROOM]",
        [](Stage& stage, const Words& words) { say(stage, words, "<body>" + escaped(words["TEXT"]) + "</body>"); });
    add("USER sets the subject TEXT [in ROOM]", [](Stage& stage, const Words& words) {
        say(stage, words, "<subject>" + escaped(words["TEXT"]) + "</subject>");
    });
    add("USER changes nick to NICK [in ROOM]", change_nick);
    add("USER sends XML", [](Stage& stage, const Words& words) {
        stage.player(words["USER"]).send(stage.variables.fill(words["XML"]), stage.now());
    });
    add("USER disconnects", [](Stage& stage, const Words& words) { stage.player(words["USER"]).cut(); });
}

}  // namespace mucbridge::scenes
