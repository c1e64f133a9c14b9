#include "gateway/muc_stanzas.hpp"

#include <doctest/doctest.h>

#include "gateway/muc_requests.hpp"
#include "xml/reader.hpp"
#include "xml/writer.hpp"

using namespace mucbridge;

namespace {

const Jid garden{"garden", "rooms.localhost", {}};

/// What a client reads; fails where it is not exactly one well-formed stanza.
Element read(const std::string& bytes) {
    std::vector<Element> stanzas;
    std::string error;
    Reader reader({[](const Element&) {}, [&](Element stanza) { stanzas.push_back(std::move(stanza)); }, [] {},
                   [&](const ReaderError& why) { error = why.text; }},
                  {});
    reader.feed("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>" + bytes);
    INFO(bytes);
    REQUIRE(error.empty());
    REQUIRE(stanzas.size() == 1);
    return stanzas.front();
}

Element read(const SharedStanza& stanza) { return read(stanza.head + " to='romeo@localhost/home'" + stanza.tail); }

ShowLine show(const std::string& body) {
    ShowLine show;
    show.nick = "romeo";
    show.occupant_id = "o1";
    show.line.id = "mine";
    show.line.stanza_id = "s1";
    show.line.body = body;
    return show;
}

JoinRequest join(const std::string& history) {
    return parse_join(read("<presence id='p'><x xmlns='http://jabber.org/protocol/muc'>" + history + "</x></presence>"),
                      "romeo");
}

const std::string hostile = "</body></message><message from='x' to=\"y\">&amp;]]>\r\n\t'";

}  // namespace

TEST_CASE("a wish for history is read leniently: a number that is none is no wish [XEP-0045 7.2.14]") {
    CHECK(join("").history.max_stanzas == std::nullopt);
    CHECK(join("<history maxstanzas='0' maxchars='12' seconds='9'/>").history.max_stanzas == 0);
    CHECK(join("<history maxstanzas='0' maxchars='12' seconds='9'/>").history.max_characters == 12);
    CHECK(join("<history seconds='9'/>").history.seconds == std::chrono::seconds(9));
    CHECK(join("<history since='2026-04-23T19:30:00Z'/>").history.since == *parse_rfc3339("2026-04-23T19:30:00Z"));
    for (const auto* wrong : {"-1", "", "1e3", " 1", "99999999999999999999999999"}) {
        CAPTURE(wrong);
        const auto history =
            join("<history maxstanzas='" + std::string(wrong) + "' seconds='" + wrong + "' since='" + wrong + "'/>")
                .history;
        CHECK(history.max_stanzas == std::nullopt);
        CHECK(history.seconds == std::nullopt);
        CHECK(history.since == std::nullopt);
    }
}

TEST_CASE("a join carries nick, id and password; an empty password is one") {
    const auto with = join("<password>cauldron</password>");
    CHECK(with.nick == "romeo");
    CHECK(with.id == "p");
    CHECK(with.password == "cauldron");
    CHECK(join("<password/>").password == "");
    CHECK(join("").password == std::nullopt);
    CHECK(join("").extra == nullptr);
}

TEST_CASE("of a presence the others are shown what is not the room's to say") {
    const auto extra = parse_presence_extra(
        read("<presence><show>away</show><x xmlns='http://jabber.org/protocol/muc'/>"
             "<x xmlns='http://jabber.org/protocol/muc#user'><item role='moderator'/><status code='110'/></x>"
             "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/><c xmlns='urn:c' v='1'/>text</presence>"));
    REQUIRE(extra);
    CHECK(*extra == "<show>away</show><c xmlns='urn:c' v='1'/>");
}

TEST_CASE("a message becomes body, subject and the rest") {
    const auto line = parse_line(read("<message id='i' xml:lang='en'><subject>s</subject><body>b</body>"
                                      "<thread>t</thread><active xmlns='http://jabber.org/protocol/chatstates'/>"
                                      "</message>"),
                                 garden);
    CHECK(line.id == "i");
    CHECK(line.lang == "en");
    CHECK(line.body == "b");
    CHECK_FALSE(line.subject.has_value());
    REQUIRE(line.extra);
    CHECK(*line.extra ==
          "<subject>s</subject><thread>t</thread><active xmlns='http://jabber.org/protocol/chatstates'/>");
}

TEST_CASE("the first body is the line, in its own language; the others ride along") {
    const auto line =
        parse_line(read("<message xml:lang='en'><body xml:lang='de'>Rose</body><body>rose</body></message>"), garden);
    CHECK(line.body == "Rose");
    CHECK(line.lang == "de");
    REQUIRE(line.extra);
    CHECK(*line.extra == "<body>rose</body>");
}

TEST_CASE("a subject alone is the room's new one, an empty one too [XEP-0045 8.1]") {
    CHECK(parse_line(read("<message><subject>s</subject></message>"), garden).subject == "s");
    CHECK(parse_line(read("<message><subject/><active xmlns='urn:a'/></message>"), garden).subject == "");
}

TEST_CASE("a subject beside a thread or a body, were it empty, rides along [XEP-0045 8.1]") {
    for (const char* beside : {"<body/>", "<thread>t</thread>"}) {
        const auto line =
            parse_line(read("<message><subject>s</subject>" + std::string{beside} + "</message>"), garden);
        CHECK_FALSE(line.body.has_value());
        CHECK_FALSE(line.subject.has_value());
        REQUIRE(line.extra);
        CHECK(*line.extra == "<subject>s</subject>" + std::string{beside});
    }
}

TEST_CASE("what only the room may say is taken out, what others say in the same words stays [XEP-0359 3]") {
    const auto line = parse_line(
        read("<message><body>b</body><stanza-id xmlns='urn:xmpp:sid:0' by='garden@rooms.localhost' id='forged'/>"
             "<stanza-id xmlns='urn:xmpp:sid:0' by='elsewhere@rooms.localhost' id='kept'/>"
             "<origin-id xmlns='urn:xmpp:sid:0' id='kept'/>"
             "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/>"
             "<delay xmlns='urn:xmpp:delay' from='garden@rooms.localhost' stamp='2026-04-23T19:30:00Z'/>"
             "<delay xmlns='urn:xmpp:delay' from='romeo@localhost' stamp='2026-04-23T19:30:00Z'/>"
             "<x xmlns='http://jabber.org/protocol/muc#user'><status code='100'/></x></message>"),
        garden);
    REQUIRE(line.extra);
    CHECK(line.extra->find("forged") == std::string::npos);
    CHECK(line.extra->find("muc#user") == std::string::npos);
    CHECK(line.extra->find("from='garden@rooms.localhost'") == std::string::npos);
    CHECK(line.extra->find("by='elsewhere@rooms.localhost'") != std::string::npos);
    CHECK(line.extra->find("<origin-id") != std::string::npos);
    CHECK(line.extra->find("from='romeo@localhost'") != std::string::npos);
}

TEST_CASE("a line is from its occupant, with the sender's id, the room's and the occupant's [XEP-0359, XEP-0421]") {
    auto wanted = show("But soft");
    wanted.line.lang = "en";
    wanted.delayed = *parse_rfc3339("2026-04-23T19:30:00Z");
    const auto message = read(write_line(garden, wanted));
    CHECK(message.attribute("from") == "garden@rooms.localhost/romeo");
    CHECK(message.attribute("to") == "romeo@localhost/home");
    CHECK(message.attribute("type") == "groupchat");
    CHECK(message.attribute("id") == "mine");
    CHECK(message.lang() == "en");
    CHECK(message.child("body", ns::client)->text() == "But soft");
    CHECK(message.child("stanza-id", ns::stanza_id)->attribute("id") == "s1");
    CHECK(message.child("stanza-id", ns::stanza_id)->attribute("by") == "garden@rooms.localhost");
    CHECK(message.child("occupant-id", ns::occupant_id)->attribute("id") == "o1");
    CHECK(message.child("delay", ns::delay)->attribute("from") == "garden@rooms.localhost");
    CHECK(message.child("delay", ns::delay)->attribute("stamp") == "2026-04-23T19:30:00.000Z");
}

TEST_CASE("no text can leave its place: bodies, subjects, nicks, ids, reasons, notices [S9]") {
    auto wanted = show(hostile);
    wanted.line.subject = hostile;
    wanted.line.id = hostile;
    wanted.line.stanza_id = hostile;
    wanted.line.lang = hostile;
    wanted.nick = hostile;
    wanted.occupant_id = hostile;
    const auto message = read(write_line(garden, wanted));
    CHECK(message.child("body", ns::client)->text() == hostile);
    CHECK(message.child("subject", ns::client)->text() == hostile);
    CHECK(message.attribute("id") == hostile);
    CHECK(message.lang() == hostile);
    CHECK(message.attribute("from") == "garden@rooms.localhost/" + hostile);
    CHECK(message.count_children() == 4);

    ShowPresence presence;
    presence.occupant.nick = presence.new_nick = presence.id = hostile;
    presence.occupant.real_jid = Jid{"romeo", "localhost", hostile};
    const auto shown = read(write_presence(garden, presence));
    CHECK(shown.child("x", ns::muc_user)->child("item", ns::muc_user)->attribute("nick") == hostile);

    const Refuse refuse{{}, Refuse::Kind::message, hostile, hostile, "groupchat", {Condition::forbidden, hostile}};
    const auto* error = read(write_refusal(garden, refuse)).child("error", ns::client);
    REQUIRE(error);
    CHECK(read(write_notice(garden, {nullptr, hostile})).child("body", ns::client)->text() == hostile);
    CHECK(read(write_not_in_room(garden.with_resource(hostile))).attribute("type") == "unavailable");
}

TEST_CASE("a presence tells role, affiliation and what happened [XEP-0045 7.2.2]") {
    ShowPresence show;
    show.occupant.nick = "romeo";
    show.occupant.occupant_id = "o1";
    show.occupant.affiliation = Affiliation::owner;
    show.occupant.role = Role::moderator;
    show.occupant.real_jid = Jid{"romeo", "localhost", "home"};
    show.occupant.extra = std::make_shared<const std::string>("<show>away</show>");
    show.statuses = {110, 201};
    const auto presence = read(write_presence(garden, show));
    CHECK(presence.attribute("from") == "garden@rooms.localhost/romeo");
    CHECK_FALSE(presence.has_attribute("type"));
    CHECK(presence.child("show", ns::client)->text() == "away");
    const Element* x = presence.child("x", ns::muc_user);
    CHECK(x->child("item", ns::muc_user)->attribute("affiliation") == "owner");
    CHECK(x->child("item", ns::muc_user)->attribute("role") == "moderator");
    CHECK(x->child("item", ns::muc_user)->attribute("jid") == "romeo@localhost/home");
    CHECK(x->count_children() == 3);
    show.available = false;
    show.occupant.real_jid.reset();
    const auto gone = read(write_presence(garden, show));
    CHECK(gone.attribute("type") == "unavailable");
    CHECK_FALSE(gone.child("x", ns::muc_user)->child("item", ns::muc_user)->has_attribute("jid"));
}

TEST_CASE("a refusal is from what was addressed, and says why [RFC 6120 8.3]") {
    const Refuse refuse{{}, Refuse::Kind::presence, "romeo", "p", "", {Condition::conflict, "taken"}};
    const auto presence = read(write_refusal(garden, refuse));
    CHECK(presence.name == "presence");
    CHECK(presence.attribute("type") == "error");
    CHECK(presence.attribute("from") == "garden@rooms.localhost/romeo");
    CHECK(presence.attribute("id") == "p");
    CHECK(presence.child("x", ns::muc));
    const Element* error = presence.child("error", ns::client);
    CHECK(error->attribute("type") == "cancel");
    CHECK(error->child("conflict", ns::stanza_errors));
    CHECK(error->child("text", ns::stanza_errors)->text() == "taken");
    const auto message =
        read(write_refusal(garden, {{}, Refuse::Kind::message, "", "m", "groupchat", {Condition::forbidden}}));
    CHECK(message.attribute("from") == "garden@rooms.localhost");
    CHECK_FALSE(message.child("error", ns::client)->child("text", ns::stanza_errors));
}

TEST_CASE("a private message is marked as a room's [XEP-0045 7.5]") {
    ShowPrivate show;
    show.nick = "romeo";
    show.type = "chat";
    show.line.body = "psst";
    const auto message = read(write_private(garden, show));
    CHECK(message.attribute("type") == "chat");
    CHECK(message.child("x", ns::muc_user));
    CHECK_FALSE(message.child("stanza-id", ns::stanza_id));
}
