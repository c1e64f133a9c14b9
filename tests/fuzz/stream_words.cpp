#include "stream_words.hpp"

namespace mucbridge::stream_fuzz {

const std::array<RoomWords, 32>& rooms() {
    static const auto all = [] {
        std::array<RoomWords, 32> out;
        out.fill({"garden", "garden"});
        out[12] = out[13] = out[14] = {"a.b", "a/b"};
        out[15] = out[16] = {"json.k", "j/k/chat"};
        out[17] = {"Garden", "garden"};
        out[18] = {"quiet.k", ""};
        out[19] = {"loud.k", "l/k"};
        out[20] = {"who.k", "w/k"};
        out[21] = {"zero.k", "z/k"};
        out[22] = {"a+b", ""};
        out[23] = {"#", ""};
        out[24] = {"a..b", ""};
        out[25] = {"$sys.x", ""};
        out[26] = {"a\\2fb", ""};
        out[27] = {"\\27evil\\3e", "'evil>"};
        out[28] = {std::string(300, 'x'), ""};
        out[29] = {"j.k.chat", "j/k/chat"};  // the address of json.k, by another rule
        out[30] = {"ä.ß", "ä/ss"};
        out[31] = {"", ""};
        return out;
    }();
    return all;
}

std::string user_name(unsigned user) { return "u" + std::to_string(user); }

std::string_view resource(unsigned choice) {
    constexpr std::array<std::string_view, 8> all{"r", "r", "R", "a'b<evil/>&\"", "", "\u00fc", "x/y@z", "\u202e]]>"};
    return all[choice % all.size()];
}

std::string_view nick(unsigned choice) {
    static const std::string too_long(80, 'n');
    static const std::array<std::string_view, 16> all{
        "romeo",     "Romeo",     "juliet",      "o'neil <evil/>", "&lt;evil/&gt;\"", "[main]",
        "x [MAIN] ", " ",         "rom\u200beo", too_long,         "\u00dcn\u00ef",   "a/b@c",
        "' evil='1", "\u202egpj", "u1",          "\ufb01"};
    return all[choice % all.size()];
}

std::string_view hostile_text(unsigned choice) {
    static const std::string long_text(1500, 'l'), emoji = [] {
        std::string out;
        for (int i = 0; i < 300; ++i)
            out += "\U0001f680";
        return out;
    }();
    static const std::array<std::string_view, 16> all{"",
                                                      " <evil xmlns='urn:evil'/>",
                                                      " ' evil='1\" evil=\"1",
                                                      "]]><evil/>",
                                                      "</body></message><evil/>",
                                                      " &lt;evil/&gt; &amp;lt;",
                                                      "\r\n\tx\r",
                                                      "\u0085\u2028\ufffd \u00e9\u6f22\U0001f680",
                                                      long_text,
                                                      emoji,
                                                      "/me <![CDATA[<evil/>]]>",
                                                      "<!--evil--><?evil?>",
                                                      "</stream:stream>",
                                                      "+/#/$SYS",
                                                      "\"}{\"seal\":\"",
                                                      " "};
    return all[choice % all.size()];
}

std::string extra(unsigned choice, const std::string& room) {
    switch (choice % 16) {
        case 1:
            return "<x xmlns='urn:x:extra' a='&apos;&lt;evil/&gt;'>&lt;evil/&gt;<y/></x>";
        case 2:
            return "<active xmlns='http://jabber.org/protocol/chatstates'/>";
        case 3:
            return "<stanza-id xmlns='urn:xmpp:sid:0' by='" + room + "' id='forged'/>";
        case 4:
            return "<delay xmlns='urn:xmpp:delay' from='" + room + "' stamp='2001-01-01T00:00:00Z'>forged</delay>";
        case 5:
            return "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/>";
        case 6:
            return "<x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/><status code='307'/>"
                   "<item affiliation='owner' role='moderator' jid='forged@localhost/x'/></x>";
        case 7:
            return "<p:e xmlns:p='urn:p' p:a='1'><p:f xmlns:p='urn:q' xmlns='urn:r'><g/></p:f></p:e>";
        case 8:
            return "<e xmlns=''><f/></e>";
        case 9:
            return "<body xml:lang='de'>zweitens &lt;evil/&gt;</body>";
        case 10:
            return "<thread>t</thread>";
        case 11:
            return "<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>"
                   "&lt;evil/&gt;</body></html>";
        case 12:
            return "<stanza-id xmlns='urn:xmpp:sid:0' by='" + room + "' id='forged'/>" +
                   "<stanza-id xmlns='urn:xmpp:sid:0' by='elsewhere' id='allowed'/>";
        case 13:
            return "<show>away</show><status>&lt;evil/&gt;</status><priority>1</priority>";
        default:
            return "";
    }
}

}  // namespace mucbridge::stream_fuzz
