#include <algorithm>
#include <array>

#include "failure.hpp"
#include "verbs.hpp"
#include "xml/writer.hpp"

namespace mucbridge::scenes {
namespace {

std::string attribute(std::string_view name, std::string_view value) {
    std::string out;
    append_attribute(out, name, value);
    return out;
}

std::string element(const std::string& name, const std::string& text) {
    std::string out;
    append_text_element(out, name, text);
    return out;
}

bool is_role(const std::string& word) {
    constexpr std::array roles{"visitor", "participant", "moderator"};
    return std::find(roles.begin(), roles.end(), word) != roles.end();
}

bool is_affiliation(const std::string& word) {
    constexpr std::array affiliations{"outcast", "none", "member", "admin", "owner"};
    return std::find(affiliations.begin(), affiliations.end(), word) != affiliations.end();
}

std::string reason(const Words& words) { return words.has("TEXT") ? element("reason", words["TEXT"]) : ""; }

void ask(Stage& stage, const Words& words, std::string_view type, std::string_view ns, const std::string& what) {
    Player& player = stage.player(words["USER"]);
    player.send("<iq" + attribute("type", type) + attribute("id", player.next_id()) +
                    attribute("to", room_jid(stage, player, words)) + "><query" + attribute("xmlns", ns) + ">" + what +
                    "</query></iq>",
                stage.now());
    stage.settle();
}

/// "a moderator" is a role, of a nick; "a member" an affiliation, of a JID. XEP-0045 §17.4.
void ask_to_make(Stage& stage, const Words& words) {
    const std::string& word = words["WORD"];
    if (!is_role(word) && !is_affiliation(word))
        throw Failure{"a role or an affiliation", word};
    ask(stage, words, "set", ns::muc_admin,
        "<item" + attribute(is_role(word) ? "nick" : "jid", words["WHO"]) +
            attribute(is_role(word) ? "role" : "affiliation", word) + ">" + reason(words) + "</item>");
}

void ask_to_kick(Stage& stage, const Words& words) {
    ask(stage, words, "set", ns::muc_admin,
        "<item role='none'" + attribute("nick", words["NICK"]) + ">" + reason(words) + "</item>");
}

void ask_to_ban(Stage& stage, const Words& words) {
    ask(stage, words, "set", ns::muc_admin,
        "<item affiliation='outcast'" + attribute("jid", words["JID"]) + ">" + reason(words) + "</item>");
}

void ask_for_list(Stage& stage, const Words& words) {
    const std::string& word = words["WORD"];
    ask(stage, words, "get", ns::muc_admin, "<item" + attribute(is_role(word) ? "role" : "affiliation", word) + "/>");
}

std::string make_form(const std::string& form_type, const std::string& fields) {
    return "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>" + form_type + "</value></field>" +
           fields + "</x>";
}

/// moderatedroom "1" is muc#roomconfig_moderatedroom; a name that is there twice has two values.
void ask_to_configure(Stage& stage, const Words& words) {
    std::string fields, last;
    for (const auto& [name, value] : words.properties) {
        const std::string var = name.find('#') == std::string::npos ? "muc#roomconfig_" + name : name;
        if (var != last)
            fields += (last.empty() ? "<field" : "</field><field") + attribute("var", var) + ">";
        fields += element("value", value);
        last = var;
    }
    ask(stage, words, "set", ns::muc_owner,
        make_form("http://jabber.org/protocol/muc#roomconfig", fields + "</field>"));
}

void ask_to_destroy(Stage& stage, const Words& words) {
    ask(stage, words, "set", ns::muc_owner,
        "<destroy" + (words.has("JID") ? attribute("jid", words["JID"]) : "") + ">" + reason(words) + "</destroy>");
}

void ask_to_register(Stage& stage, const Words& words) {
    const std::string nick = "<field var='muc#register_roomnick'>" + element("value", words["NICK"]) + "</field>";
    ask(stage, words, "set", ns::registration, make_form("http://jabber.org/protocol/muc#register", nick));
}

void ask_to_deregister(Stage& stage, const Words& words) { ask(stage, words, "set", ns::registration, "<remove/>"); }

void invite(Stage& stage, const Words& words) {
    Player& player = stage.player(words["USER"]);
    player.send("<message" + attribute("id", player.next_id()) + attribute("to", room_jid(stage, player, words)) +
                    "><x xmlns='http://jabber.org/protocol/muc#user'><invite" + attribute("to", words["JID"]) + ">" +
                    reason(words) + "</invite></x></message>",
                stage.now());
}

using Play = void (*)(Stage&, const Words&);

/// The room says that it is done: a result, with nothing in it.
auto done(Play ask_it) {
    return [ask_it](Stage& stage, const Words& words) {
        ask_it(stage, words);
        Player& player = stage.player(words["USER"]);
        const Element answer = take_next(player, "iq", "the room's word that it is done");
        if (answer.attribute("type") != "result" || answer.count_children() != 0)
            throw Failure{"the room's word that it is done", show(answer)};
    };
}

/// "as member participant": the latest presence of that nick, which says how its user is seen now.
void see_as(Stage& stage, const Words& words) {
    Player& player = stage.player(words["USER"]);
    const std::string from = room_jid(stage, player, words) + "/" + words["NICK"];
    const std::string &affiliation = words["AFFILIATION"], &role = words["ROLE"];
    if (!is_affiliation(affiliation) || !is_role(role))
        throw Failure{"an affiliation and a role", affiliation + " " + role};
    const Element* latest = nullptr;
    for (const Element& stanza : player.unread)
        if (stanza.name == "presence" && stanza.attribute("from") == from && stanza.attribute("type") != "error")
            latest = &stanza;
    const std::string wanted = "presence of " + from + " as " + affiliation + " " + role;
    const Element presence = take_presence(
        player, wanted, [&](const Element& stanza) { return &stanza == latest; }, true);
    const Element* x = presence.child("x", ns::muc_user);
    const Element* item = x ? x->child("item", ns::muc_user) : nullptr;
    if (!item || item->attribute("affiliation") != affiliation || item->attribute("role") != role)
        throw Failure{wanted, show(presence)};
}

/// The room's configuration changed: just these codes. XEP-0045 §10.2.1.
void be_told_of(Stage& stage, const Words& words) {
    Player& player = stage.player(words["USER"]);
    const std::string room = room_jid(stage, player, words);
    const std::string wanted = "a word of " + room + " with " + words["CODES"];
    const Element message = take_next(player, "message", wanted);
    std::string codes;
    if (const Element* x = message.child("x", ns::muc_user))
        for (const Node& node : x->nodes)
            if (node.element() && node.element()->name == "status")
                codes += (codes.empty() ? "" : " ") + std::string(node.element()->attribute("code"));
    if (message.attribute("from") != room || message.attribute("type") != "groupchat" || codes != words["CODES"] ||
        message.child("body", ns::client))
        throw Failure{wanted, show(message)};
}

}  // namespace

void add_rights_verbs(Verbs& verbs) {
    const auto add = [&](const char* phrase, auto play) { verbs.push_back({Phrase(phrase), play, false}); };
    add("USER makes WHO [a] [an] WORD [in ROOM] [because TEXT]", done(ask_to_make));
    add("USER asks to make WHO [a] [an] WORD [in ROOM] [because TEXT]", ask_to_make);
    add("USER kicks NICK [in ROOM] [because TEXT]", done(ask_to_kick));
    add("USER asks to kick NICK [in ROOM] [because TEXT]", ask_to_kick);
    add("USER bans JID [in ROOM] [because TEXT]", done(ask_to_ban));
    add("USER asks to ban JID [in ROOM] [because TEXT]", ask_to_ban);
    add("USER asks for the WORD list [of ROOM]", ask_for_list);
    add("USER configures ROOM with PROPERTIES", done(ask_to_configure));
    add("USER asks to configure ROOM with PROPERTIES", ask_to_configure);
    add("USER destroys ROOM [for JID] [because TEXT]", done(ask_to_destroy));
    add("USER asks to destroy ROOM [for JID] [because TEXT]", ask_to_destroy);
    add("USER registers in ROOM as NICK", done(ask_to_register));
    add("USER asks to register in ROOM as NICK", ask_to_register);
    add("USER deregisters in ROOM", done(ask_to_deregister));
    add("USER invites JID [to ROOM] [because TEXT]", invite);
    add("USER sees NICK as AFFILIATION ROLE [in ROOM]", see_as);
    add("USER is told of CODES [in ROOM]", be_told_of);
}

}  // namespace mucbridge::scenes
