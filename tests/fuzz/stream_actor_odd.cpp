#include "stream_actor.hpp"
#include "stream_words.hpp"
#include "xmpp/base64.hpp"

// Logins, questions, and what is no stanza.
namespace mucbridge::stream_fuzz {

namespace {

constexpr std::string_view header =
    "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xml:lang='en' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'>";

std::string auth(const std::string& user) {
    return "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" +
           to_base64(std::string("\0", 1) + user + std::string("\0pw", 3)) + "</auth>";
}

std::string repeat(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i)
        out += text;
    return out;
}

}  // namespace

std::vector<std::string> Actor::write_login(const Client& client, unsigned choice) {
    const std::string h(header), bind =
                                     "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                                     "<resource>" +
                                     escape(resource(choice >> 4)) + "</resource></bind></iq>";
    switch (choice & 15) {
        case 8:
            return {h + auth(client.user) + h + bind};
        case 9:
            return {h.substr(0, 70), h.substr(70) + auth(client.user).substr(0, 50), auth(client.user).substr(50) + h,
                    bind};
        case 10:
            return {
                "<stream:stream to='elsewhere.org' version='1.0' xmlns='jabber:client' "
                "xmlns:stream='http://etherx.jabber.org/streams'>"};
        case 11:
            return {h, "<message to='garden@rooms.localhost' type='groupchat'><body>too early</body></message>"};
        case 12:
            return {h,
                    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>&lt;evil/&gt;</auth>",
                    "<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
                    auth(client.user),
                    h,
                    bind};
        case 13:
            return {h, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>", h, bind};
        case 14:
            return {h, auth(client.user), h,
                    "<iq type='set' id='b0'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>\u00ad</resource>"
                    "</bind></iq>",
                    bind};
        case 15:
            return {h, auth("<evil/>'"), auth(client.user), h, "<iq type='get' id='q'/>", bind};
        default:
            return {h, auth(client.user), h, bind};
    }
}

std::string Actor::write_question(const Step& step, const Client& client, const std::string& room) {
    static const std::array<std::string, 12> children{
        "<query xmlns='http://jabber.org/protocol/disco#info'/>",
        "<query xmlns='http://jabber.org/protocol/disco#items'/>",
        "<ping xmlns='urn:xmpp:ping'/>",
        "<query xmlns='jabber:iq:version'/>",
        "<query xmlns='jabber:iq:roster'/>",
        "<vCard xmlns='vcard-temp'/>",
        "<query xmlns='http://jabber.org/protocol/disco#info' node='x-roomuser-item'/>",
        "<query xmlns='http://jabber.org/protocol/disco#items' node='&lt;evil/&gt;'><set "
        "xmlns='http://jabber.org/protocol/rsm'>"
        "<max>2</max><after>garden@rooms.localhost</after></set></query>",
        "<query xmlns='jabber:iq:private'><e xmlns='urn:e'>&lt;evil/&gt;</e></query>",
        "<time xmlns='urn:xmpp:time'/>",
        "<query xmlns='http://jabber.org/protocol/disco#items'><set "
        "xmlns='http://jabber.org/protocol/rsm'><max>1</max></set></query>",
        "<x xmlns='urn:x:extra'>&lt;evil/&gt;</x>"};
    const std::array<std::string, 12> whom{"",
                                           "localhost",
                                           "rooms.localhost",
                                           room,
                                           room,
                                           room + "/" + client.user,
                                           room + "/" + escape(nick(step.a >> 4)),
                                           room + "/" + user_name(step.a & 3),
                                           client.bare,
                                           user_name(step.a & 3) + "@localhost",
                                           user_name(step.a & 3) + "@localhost/r",
                                           step.a & 1 ? "elsewhere.org" : "@@"};
    const std::string type = step.a % 8 == 7 ? "set" : step.a % 32 == 9 ? "nonsense" : "get";
    return iq(type, whom.at(step.b % whom.size()), children.at(step.a % children.size()));
}

std::string Actor::write_registration(const Step& step, const std::string& room) {
    const std::string query = "<query xmlns='jabber:iq:register'>";
    if (step.b % 4 == 0)
        return iq("get", room, query + "</query>");
    if (step.b % 4 == 1)
        return iq("set", room, query + "<remove/></query>");
    return iq("set", room,
              query +
                  "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
                  "<value>http://jabber.org/protocol/muc#register</value></field><field var='muc#register_roomnick'>"
                  "<value>" +
                  escape(nick(step.a)) + "</value></field></x></query>");
}

std::string Actor::write_invitation(const Step& step, const std::string& room) {
    const std::string word = step.a & 1 ? "invite" : "decline";
    const std::string to = step.a & 2 ? user_name(step.a >> 5) + "@localhost" : room + "/" + user_name(step.a >> 5);
    const std::string one = "<" + word + " to='" + to + "'><reason>" + escape(hostile_text(step.b)) +
                            "</reason><continue thread='&lt;evil/&gt;'/></" + word + ">";
    return "<message id='" + make_id(step.b) + "' to='" + room + "'><x xmlns='http://jabber.org/protocol/muc#user'>" +
           repeat(one, step.a & 4 ? 1 : 3) + "</x></message>";
}

std::string Actor::write_voice(const Step& step, const std::string& room) {
    const auto field = [](const std::string& var, const std::string& value) {
        return "<field var='" + var + "'><value>" + value + "</value></field>";
    };
    std::string fields = field("FORM_TYPE", "http://jabber.org/protocol/muc#request") +
                         field("muc#role", step.a & 1 ? "participant" : "moderator");
    if (step.a & 2)
        fields += field("muc#roomnick", escape(nick(step.b))) + field("muc#request_allow", "true");
    if (step.a & 4)
        fields += field("muc#jid", user_name(step.b & 7) + "@localhost/r");
    return "<message id='" + make_id(step.b) + "' to='" + room + "'><x xmlns='jabber:x:data' type='submit'>" + fields +
           "</x></message>";
}

std::string Actor::write_broken(const Step& step, const Client& client, const std::string& room) {
    Step said = step;
    said.kind = Kind::say;
    std::string line = write_message(said, client, room);
    const std::size_t at = step.b * line.size() / 256;
    const std::string open = "<message type='groupchat' to='" + room + "'>";
    switch (step.a % 16) {
        case 0:
            return line.substr(0, at);  // what follows is inside of it
        case 1:
            line[at] = static_cast<char>(line[at] ^ (1 << (step.b & 7)));
            return line;
        case 2:
            return line.insert(at, "<!-- x -->");
        case 3:
            return line.insert(at, "\xff\xfe\xc0\x80");
        case 4:
            return line.insert(at, "&#0;&evil;");
        case 5:
            return "<?evil x?>" + line;
        case 6:
            return "<!DOCTYPE x [<!ENTITY e 'evil'>]>" + line;
        case 7:
            return open + "<body>" + std::string(20000, 'x') + "</body></message>";
        case 8:
            return open + repeat("<a>", 100) + repeat("</a>", 100) + "</message>";
        case 9:
            return open + repeat("<a/>", 5000) + "</message>";
        case 10:
            return "<message from='u1@localhost/r' type='groupchat' to='" + room + "'><body>" + make_token('L') +
                   "</body></message>";
        case 11:
            return "<message from='" + room + "' type='groupchat' to='" + room + "'><body>" + make_token('L') +
                   "</body></message>";
        case 12:
            return "<message xmlns='jabber:server' to='" + room + "'><body>x</body></message>";
        case 13:
            return "text between stanzas" + line;
        case 14:
            return "</message>" + line;
        default:
            return "<iq to='" + room + "' id='none'/><iq/><presence type='nonsense'/><message/><iq type='get' to='" +
                   room + "'><a/><b/></iq>";
    }
}

}  // namespace mucbridge::stream_fuzz
