#include "xmpp/component_stanzas.hpp"

#include <doctest/doctest.h>

#include "component_server.hpp"
#include "xml/writer.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

const std::string from_romeo = "from='romeo@example.org/orchard' to='garden@rooms.example.org'";

/// A component that is up, and its server.
struct Linked : ComponentHouse {
    explicit Linked(LimitsConfig limits = {}) : ComponentHouse(hasty(), limits) {
        component->start();
        peer = &log_in();
    }
    /// What the component answers to the server's words.
    std::string answer_to(const std::string& stanza) {
        peer->heard.clear();
        peer->say(stanza);
        peer->say("<iq type='get' id='last' " + from_romeo + "/>");  // always refused, and so always answered
        REQUIRE(until([&] { return peer->has_heard("id='last'"); }));
        const auto before = peer->heard.find("<iq type='error' id='last'");
        REQUIRE(before != std::string::npos);
        return peer->heard.substr(0, before);
    }

    ComponentPeer* peer = nullptr;
};

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a server's stanza comes in jabber:client, whatever is inside of it [XEP-0114 §3]") {
    Linked link;
    link.peer->say("<message type='groupchat' " + from_romeo +
                   "><body>hi</body><x xmlns='jabber:component:accept'/><forwarded xmlns='urn:xmpp:forward:0'>"
                   "<message xmlns='jabber:client'><body>there</body></message></forwarded></message>"
                   "<presence xmlns='jabber:client' " +
                   from_romeo + "/>");
    REQUIRE(link.until([&] { return link.stanzas.size() == 2; }));
    CHECK(
        to_string(link.stanzas[0], ns::client) ==
        "<message type='groupchat' from='romeo@example.org/orchard' to='garden@rooms.example.org'><body>hi</body><x/>"
        "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body>there</body></message></forwarded>"
        "</message>");
    CHECK(link.stanzas[1].ns == ns::client);
}

TEST_CASE("addresses are handed on as they compare [RFC 7622 §3.3.2]") {
    Linked link;
    link.peer->say("<presence from='Romeo@EXAMPLE.org/Orchard' to='Garden@rooms.Example.org/Romeo'/>");
    REQUIRE(link.until([&] { return !link.stanzas.empty(); }));
    CHECK(link.stanzas[0].attribute("from") == "romeo@example.org/Orchard");
    CHECK(link.stanzas[0].attribute("to") == "garden@rooms.example.org/Romeo");
}

TEST_CASE("a stanza that is not for us is refused where somebody can be told, and never handed on [RFC 6120 §8.3]") {
    Linked link;
    CHECK(holds(link.answer_to("<message id='1' from='a@b'/>"), "<jid-malformed "));
    CHECK(holds(link.answer_to("<message id='1' from='a@b'/>"), " id='1' from='rooms.example.org' to='a@b'"));
    CHECK(holds(link.answer_to("<message from='a@b' to='@rooms.example.org'/>"), "<jid-malformed "));
    CHECK(holds(link.answer_to("<presence from='a@b' to='c@example.org'/>"), "<item-not-found "));
    CHECK(holds(link.answer_to("<presence type='away' " + from_romeo + "/>"), "<bad-request "));
    CHECK(holds(link.answer_to("<iq type='get' " + from_romeo + "><a xmlns='b'/></iq>"), "<bad-request "));
    CHECK(holds(link.answer_to("<iq type='ask' id='1' " + from_romeo + "><a xmlns='b'/></iq>"), "<bad-request "));
    CHECK(holds(link.answer_to("<iq type='set' id='1' " + from_romeo + "><a/><b/></iq>"), "<bad-request "));
    CHECK(link.stanzas.empty());
    CHECK(link.downs.empty());
}

TEST_CASE("nobody is told what may not be answered, or has nobody to be told [RFC 6120 §8.3.1]") {
    Linked link;
    CHECK(link.answer_to("<message to='garden@rooms.example.org'/>").empty());
    CHECK(link.answer_to("<message from='@' to='garden@rooms.example.org'/>").empty());
    CHECK(link.answer_to("<message type='error' from='a@b' to='c@example.org'/>").empty());
    CHECK(link.answer_to("<iq type='result' " + from_romeo + "/>").empty());
    CHECK(link.answer_to("<iq type='error' " + from_romeo + "/>").empty());
    CHECK(link.answer_to("<message from='garden@rooms.example.org' to='garden@rooms.example.org'/>").empty());
    CHECK(link.answer_to("<talk " + from_romeo + "/>").empty());
    CHECK(link.answer_to("<message xmlns='jabber:server' " + from_romeo + "/>").empty());
    CHECK(link.stanzas.empty());
    CHECK(link.downs.empty());
}

TEST_CASE("one user's stanza over our limits costs that stanza and not the link [RFC 6120 §8.3.3.12]") {
    Linked link;
    const std::string open = "<message id='1' " + from_romeo + ">";
    std::string deep = open;
    for (int i = 0; i < 100; ++i)
        deep += "<a>";
    for (int i = 0; i < 100; ++i)
        deep += "</a>";
    std::string wide = open;
    for (int i = 0; i < 5000; ++i)
        wide += "<a/>";
    for (const std::string& inside : {deep, wide, open + "<body>" + std::string(300 * 1024, 'x') + "</body>"}) {
        const auto answer = link.answer_to(inside + "</message>");
        CHECK(holds(answer,
                    "<message type='error' id='1' from='garden@rooms.example.org' to='romeo@example.org/orchard'>"));
        CHECK(holds(answer, "<policy-violation "));
    }
    std::string own = "<message";
    for (int i = 0; i < 300; ++i)
        own += " a" + std::to_string(i) + "=''";
    CHECK(link.answer_to(own + " " + from_romeo + "/>").empty());
    CHECK(link.stanzas.empty());
    CHECK(link.downs.empty());
}

TEST_CASE("a stanza that a server would end the link for is not sent, and the link stays up") {
    Linked link;
    const std::string good = "<message from='garden@rooms.example.org/a' to='b@c'><body>hi</body></message>";
    const std::vector<std::pair<std::string, std::string>> bad{
        {"<message from='garden@rooms.example.org' to='b@c'><body>\xFF</body></message>", "not XML text"},
        {"<message from='garden@rooms.example.org' to='b@c'><body>\x01</body></message>", "not XML text"},
        {"<message from='garden@rooms.example.org' to='b@c'><body>\xED\xA0\x80</body></message>", "not XML text"},
        {"<message from='garden@rooms.example.org' to='b@c'><body>\xEF\xBF\xBF</body></message>", "not XML text"},
        {"<message from='garden@example.org' to='b@c'/>", "not from our domain"},
        {"<message from='rooms.example.org.evil' to='b@c'/>", "not from our domain"},
        {"<message from='a@example.org/b@rooms.example.org' to='b@c'/>", "not from our domain"},
        {"<message to='b@c'/>", "not from our domain"},
        {"<message from='garden@rooms.example.org'><x to='b@c'/></message>", "to nobody"},
        {"<message from='garden@rooms.example.org' to='b@c'><body>" + std::string(512 * 1024, 'x') +
             "</body></message>",
         "longer than servers take"},
        {"<message from='garden@rooms.example.org' to='b@c'", "no whole"},
        {"</stream:stream>", "no whole"},
        {"", "no whole"},
    };
    for (const auto& [stanza, why] : bad) {
        CAPTURE(why);
        CHECK_FALSE(link.component->send(stanza));
        CHECK(holds(link.log.str(), why));
        link.log.str("");
    }
    link.peer->heard.clear();
    CHECK(link.component->send(good));
    CHECK(link.component->send("<presence from='rooms.example.org' to='b@c'/>"));
    CHECK(link.component->send({"<iq type='result' from='a@rooms.example.org' id='1'", "/>"}, "o'neill@c/a&b"));
    Element presence{"presence", std::string(ns::client), {}, {}};
    CHECK(link.component->send(presence.set("from", "a@rooms.example.org/it's").set("to", "b@c")));
    const std::string wanted = good +
                               "<presence from='rooms.example.org' to='b@c'/>"
                               "<iq type='result' from='a@rooms.example.org' id='1' to='o&apos;neill@c/a&amp;b'/>"
                               "<presence from='a@rooms.example.org/it&apos;s' to='b@c'/>";
    CHECK(link.until([&] { return link.peer->heard == wanted; }));
    CHECK(link.component->is_up());
    CHECK(link.downs.empty());
}

TEST_CASE("what is said in a log of a stanza that is not sent is not its body") {
    Linked link;
    CHECK_FALSE(link.component->send("<message from='a@b' to='c@d'><body>a secret</body></message>"));
    CHECK(holds(link.log.str(),
                "error component rooms.example.org: a stanza is not sent: it is not from our domain: "
                "<message from='a@b' to='c@d'\n"));
}
