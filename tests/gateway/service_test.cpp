#include "gateway/service.hpp"

#include "housed.hpp"

using namespace mucbridge;

namespace {

struct Service {
    Housed house;
    Client romeo;

    explicit Service(unsigned loops = 1, const Config& config = {})
        : house(loops, config), romeo(house, "romeo", "home") {}

    void open(const std::string& room) {
        romeo.send("<presence to='" + room + "/romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
        romeo.take();
    }
    Element ask(const std::string& to, const std::string& query) {
        romeo.send("<iq type='get' id='q' to='" + to + "'>" + query + "</iq>");
        return romeo.take_one();
    }
    Element list(const std::string& set = "", const std::string& to = "rooms.localhost") {
        return ask(to, "<query xmlns='http://jabber.org/protocol/disco#items'>" + set + "</query>");
    }
    void hide(const std::string& room) {
        romeo.send("<iq type='set' id='h' to='" + room +
                   "'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>"
                   "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>"
                   "<field var='muc#roomconfig_publicroom'><value>0</value></field></x></query></iq>");
        CHECK(romeo.take().front().attribute("type") == "result");
    }
};

std::string set(const std::string& wish) { return "<set xmlns='http://jabber.org/protocol/rsm'>" + wish + "</set>"; }

std::string names(const Element& result) {
    std::string out;
    for (const Node& node : result.child("query", ns::disco_items)->nodes)
        out += node.element()->attribute("name");
    return out;
}

const Element* page(const Element& result) { return result.child("query", ns::disco_items)->child("set", ns::rsm); }

std::string condition_of(const Element& stanza) {
    const Element* error = stanza.child("error", ns::client);
    REQUIRE(error);
    return error->first_child()->name;
}

}  // namespace

TEST_CASE("the service says what it can [XEP-0045 6.2]") {
    Service service;
    const auto info = service.ask("rooms.localhost", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
    const Element* query = info.child("query", ns::disco_info);
    std::string features;
    for (const Node& node : query->nodes)
        features.append(node.element()->attribute("var")).append(" ");
    CHECK(query->child("identity", ns::disco_info)->attribute("category") == "conference");
    CHECK(features ==
          " http://jabber.org/protocol/disco#info http://jabber.org/protocol/disco#items "
          "http://jabber.org/protocol/muc http://jabber.org/protocol/muc#stable_id "
          "http://jabber.org/protocol/muc#self-ping-optimization urn:xmpp:occupant-id:0 "
          "http://jabber.org/protocol/rsm urn:xmpp:ping jabber:iq:version ");
}

TEST_CASE("rooms are listed page by page, whatever loops they live on [XEP-0059 2.2]") {
    Service service(3);
    CHECK(names(service.list()).empty());
    CHECK_FALSE(page(service.list(set("<max>2</max>"))));  // of nothing there are no parts
    for (const auto* room : {"c", "a", "b", "e", "d"})
        service.open(std::string(room) + "@rooms.localhost");
    CHECK(names(service.list()) == "abcde");
    CHECK_FALSE(page(service.list()));
    const auto first = service.list(set("<max>2</max>"));
    CHECK(names(first) == "ab");
    CHECK(page(first)->child("first", ns::rsm)->attribute("index") == "0");
    CHECK(page(first)->child("last", ns::rsm)->text() == "b@rooms.localhost");
    CHECK(page(first)->child("count", ns::rsm)->text() == "5");
    CHECK(names(service.list(set("<max>2</max><after>b@rooms.localhost</after>"))) == "cd");
    CHECK(names(service.list(set("<max>2</max><before/>"))) == "de");
    CHECK(names(service.list(set("<max>2</max><index>1</index>"))) == "bc");
    CHECK(names(service.list(set("<max>0</max>"))).empty());
    CHECK(page(service.list(set("<max>0</max>")))->child("count", ns::rsm)->text() == "5");
    // A room that closed since, and what can be no room of this service.
    CHECK(names(service.list(set("<max>2</max><after>bb@rooms.localhost</after>"))) == "cd");
    for (const auto* nowhere : {"nowhere", "b@elsewhere", "@", "b@rooms.localhost/romeo"})
        CHECK(condition_of(service.list(set("<after>" + std::string(nowhere) + "</after>"))) == "item-not-found");
    CHECK(condition_of(service.list(set("<max>many</max>"))) == "bad-request");
}

TEST_CASE("hidden rooms are in nobody's list, not in their occupants' either [XEP-0045 6.3]") {
    Service service;
    service.open("seen@rooms.localhost");
    service.open("hidden@rooms.localhost");
    service.hide("hidden@rooms.localhost");
    CHECK(names(service.list()) == "seen");
}

TEST_CASE("a service lists its own rooms, not those of another domain") {
    Config config;
    config.components.push_back({"xmpp://127.0.0.1:5347", "rooms.example.org", "secret"});
    Service service(2, config);
    service.open("here@rooms.localhost");
    service.open("there@rooms.example.org");
    CHECK(names(service.list()) == "here");
    CHECK(names(service.list("", "Rooms.Example.org")) == "there");
}

TEST_CASE("a long list is cut, and says so [XEP-0045 6.3]") {
    Config config;
    config.limits.rooms_per_session = 1000;
    Service service(1, config);
    for (int room = 0; room < 260; ++room)
        service.open("r" + std::to_string(room) + "@rooms.localhost");
    const auto list = service.list();
    REQUIRE(page(list));
    CHECK(list.child("query", ns::disco_items)->count_children() == 251);
    CHECK(page(list)->child("count", ns::rsm)->text() == "260");
    const std::string last = page(list)->child("last", ns::rsm)->text();
    CHECK(service.list(set("<after>" + last + "</after>")).child("query", ns::disco_items)->count_children() == 11);
    CHECK(service.list(set("<max>100000</max>")).child("query", ns::disco_items)->count_children() == 251);
}

TEST_CASE("what the service does not have is refused") {
    Service service;
    const auto ask = [&](const std::string& query) { return condition_of(service.ask("rooms.localhost", query)); };
    CHECK(ask("<query xmlns='http://jabber.org/protocol/disco#info' node='n'/>") == "item-not-found");
    CHECK(ask("<query xmlns='http://jabber.org/protocol/disco#items' node='n'/>") == "item-not-found");
    CHECK(ask("<query xmlns='jabber:iq:register'/>") == "service-unavailable");
}
