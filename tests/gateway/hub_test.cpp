#include "gateway/hub.hpp"

#include "housed.hpp"

using namespace mucbridge;

namespace {

std::string condition_of(const Element& stanza) {
    const Element* error = stanza.child("error", ns::client);
    REQUIRE(error);
    REQUIRE(error->first_child());
    return error->first_child()->name;
}

std::string body_of(const Element& message) {
    const Element* body = message.child("body", ns::client);
    return body ? body->text() : "";
}

std::string chat(const std::string& to, const std::string& type = "chat") {
    return "<message type='" + type + "' id='m' to='" + to + "'><body>psst</body></message>";
}

}  // namespace

TEST_CASE("poll runs the loops until none has anything left, however often they post to each other") {
    Housed house(3);
    int hops = 0;
    std::function<void(unsigned)> hop = [&](unsigned loop) {
        if (++hops < 100)
            house.hub->loop((loop + 2) % 3).post([&hop, loop] { hop((loop + 2) % 3); });
    };
    house.hub->loop(0).post([&] { hop(0); });
    house.hub->poll();
    CHECK(hops == 100);
}

TEST_CASE("a stanza for a user reaches the session of its full JID, on whichever loop [RFC 6121 8.5.3]") {
    Housed house(2);
    Client romeo(house, "romeo", "home", 0), juliet(house, "juliet", "balcony", 1);
    romeo.send(chat("juliet@localhost/balcony"));
    const auto message = juliet.take_one();
    CHECK(message.attribute("from") == "romeo@localhost/home");
    CHECK(body_of(message) == "psst");
    CHECK(romeo.take().empty());
    romeo.send("<presence to='juliet@localhost/balcony'/>");
    CHECK(juliet.take_one().name == "presence");
    romeo.send("<iq type='get' id='q' to='juliet@localhost/balcony'><query xmlns='urn:q'/></iq>");
    const auto iq = juliet.take_one();
    CHECK(iq.attribute("from") == "romeo@localhost/home");
    juliet.send("<iq type='result' id='q' to='romeo@localhost/home'/>");
    CHECK(romeo.take_one().attribute("type") == "result");
}

TEST_CASE("a message for a bare JID reaches the sessions that are available [RFC 6121 8.5.2.1.1]") {
    Housed house(2);
    Client romeo(house, "romeo", "home", 0);
    Client balcony(house, "juliet", "balcony", 1), chamber(house, "juliet", "chamber", 0);
    romeo.send(chat("juliet@localhost"));
    CHECK(condition_of(romeo.take_one()) == "service-unavailable");
    balcony.send("<presence/>");
    CHECK(balcony.take_one().attribute("from") == "juliet@localhost/balcony");  // RFC 6121 §4.2.2
    romeo.send(chat("juliet@localhost"));
    CHECK(body_of(balcony.take_one()) == "psst");
    CHECK(chamber.take().empty());
    // A resource that is gone: the user is there all the same.
    romeo.send(chat("juliet@localhost/gone"));
    CHECK(body_of(balcony.take_one()) == "psst");
    balcony.send("<presence type='unavailable'/>");
    balcony.take();
    romeo.send(chat("juliet@localhost"));
    CHECK(condition_of(romeo.take_one()) == "service-unavailable");
}

TEST_CASE("what nobody is there for is refused, and errors are not answered [RFC 6120 8.3.1]") {
    Housed house;
    Client romeo(house, "romeo", "home");
    romeo.send(chat("nobody@localhost"));
    CHECK(condition_of(romeo.take_one()) == "service-unavailable");
    romeo.send("<iq type='get' id='q' to='nobody@localhost/there'><query xmlns='urn:q'/></iq>");
    CHECK(condition_of(romeo.take_one()) == "service-unavailable");
    romeo.send(chat("nobody@localhost", "error"));
    romeo.send("<iq type='result' id='q' to='nobody@localhost/there'/>");
    romeo.send("<presence to='nobody@localhost'/>");
    CHECK(romeo.take().empty());
    romeo.send(chat("someone@elsewhere.example"));
    CHECK(condition_of(romeo.take_one()) == "remote-server-not-found");
    romeo.send("<message to='@localhost' id='m'><body>x</body></message>");
    CHECK(condition_of(romeo.take_one()) == "jid-malformed");
}

TEST_CASE("a session that takes another's full JID ends it first [RFC 6120 7.7.2.2]") {
    Housed house(2);
    Client first(house, "romeo", "home", 0);
    Client second(house, "romeo", "home", 1);
    const auto last = first.take();
    REQUIRE(last.size() == 1);
    CHECK(last.front().ns == ns::streams);
    CHECK(last.front().child("conflict", ns::stream_errors));
    CHECK(first.session == nullptr);
    // It was told of its full JID once the other was gone.
    const auto bound = second.take_one();
    CHECK(bound.attribute("type") == "result");
    CHECK(house.hub->sessions(0).count() + house.hub->sessions(1).count() == 1);
    Client juliet(house, "juliet", "balcony", 0);
    juliet.send(chat("romeo@localhost/home"));
    CHECK(body_of(second.take_one()) == "psst");
}

TEST_CASE("a session that wants no resource in particular gets one of its own") {
    Housed house;
    Client one(house, "romeo", ""), two(house, "romeo", "");
    REQUIRE(one.session);
    REQUIRE(two.session);
    CHECK(one.session->jid().resource != two.session->jid().resource);
    CHECK_FALSE(one.session->jid().resource.empty());
}

TEST_CASE("a place that was a dead session's is not mistaken for it") {
    Housed house;
    auto first = std::make_unique<Client>(house, "romeo", "home");
    const Route dead{0, server_door, first->session->number()};
    first->send("</stream:stream>");
    CHECK(first->session == nullptr);
    house.hub->poll();
    CHECK(house.hub->sessions(0).count() == 0);
    Client second(house, "juliet", "balcony");
    CHECK(second.session->number() != dead.session);
    house.hub->sessions(0).send(dead.session, SharedStanza{"<message", "/>"});
    house.hub->sessions(0).close(dead, "conflict", "");
    CHECK(second.take().empty());
    CHECK(second.session != nullptr);
}

TEST_CASE("the service lists the rooms of all loops, in order [XEP-0045 6.3]") {
    Housed house(3);
    Client romeo(house, "romeo", "home", 2);
    for (const auto* room : {"c", "a", "b", "e", "d"})
        romeo.send("<presence to='" + std::string(room) +
                   "@rooms.localhost/romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
    romeo.take();
    romeo.send(
        "<iq type='get' id='i' to='rooms.localhost'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>");
    std::string names;
    const Element items = romeo.take_one();
    for (const Node& node : items.child("query", ns::disco_items)->nodes)
        names += node.element()->attribute("name");
    CHECK(names == "abcde");
    romeo.send("<iq type='get' id='i' to='rooms.localhost'><query xmlns='urn:unknown'/></iq>");
    CHECK(condition_of(romeo.take_one()) == "service-unavailable");
    romeo.send("<message to='rooms.localhost' id='m'><body>hello?</body></message>");
    CHECK(condition_of(romeo.take_one()) == "service-unavailable");
}

TEST_CASE("a line for many occupants on many loops reaches each once, and nobody else [S2]") {
    Housed house(3);
    std::vector<std::unique_ptr<Client>> clients;
    for (unsigned i = 0; i < 20; ++i) {
        clients.push_back(std::make_unique<Client>(house, "user" + std::to_string(i), "home", i % 3));
        if (i > 0)
            clients.back()->send("<presence to='garden@rooms.localhost/n" + std::to_string(i) +
                                 "'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
    }
    for (auto& client : clients)
        client->take();
    clients[1]->send("<message type='groupchat' to='garden@rooms.localhost'><body>But soft</body></message>");
    for (unsigned i = 0; i < 20; ++i)
        CHECK(clients[i]->take().size() == (i == 0 ? 0U : 1U));
    std::size_t occupants = 0;
    Counters lines;
    for (unsigned loop = 0; loop < 3; ++loop) {
        occupants += house.hub->rooms(loop).occupant_count();
        lines += house.hub->rooms(loop).counters();
    }
    CHECK(occupants == 19);
    CHECK(lines.published == 1);
    CHECK(lines.said == 1);
}

TEST_CASE("one who leaves and comes back in one breath is inside, and the others are told of its end [XEP-0045 7.14]") {
    Housed house(2);
    std::string room = "garden@rooms.localhost";
    while (house.hub->loop_of(room) != 1)  // not the loop of the one who comes and goes
        room.insert(0, "a");
    const std::string to = "' to='" + room + "/";
    const auto join = [&](const std::string& nick) {
        return "<presence id='j" + to + nick + "'><x xmlns='http://jabber.org/protocol/muc'/></presence>";
    };
    Client romeo(house, "romeo", "orchard", 0), juliet(house, "juliet", "balcony", 1);
    juliet.send(join("juliet"));
    romeo.send(join("romeo"));
    romeo.send("<presence type='unavailable" + to + "romeo'/>" + join("romeo"));
    juliet.take();
    std::exchange(romeo.session, nullptr)->on_disconnected("the line was cut");
    const Element told = juliet.take_one();
    CHECK(told.attribute("from") == room + "/romeo");
    CHECK(told.attribute("type") == "unavailable");
}

TEST_CASE("a session is not read while too much of it waits at rooms of another loop") {
    Housed house(2);
    const std::string room = "garden@rooms.localhost";
    Client romeo(house, "romeo", "home", 1 - house.hub->loop_of(room));
    romeo.send("<presence to='" + room + "/romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
    romeo.take();
    std::string flood;
    for (int i = 0; i < 100; ++i)
        flood += "<message type='groupchat' to='" + room + "'><body>again</body></message>";
    romeo.session->on_bytes(flood, house.now);
    CHECK_FALSE(romeo.session->wants_bytes());
    house.hub->poll();
    CHECK(romeo.session->wants_bytes());
    CHECK(romeo.take().size() == 100);
}
