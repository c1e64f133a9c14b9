#include <doctest/doctest.h>

#include <algorithm>

#include "housed.hpp"

using namespace mucbridge;

namespace {

std::string text_after(const std::string& out, const std::string& part) {
    const auto found = out.find(part);
    REQUIRE_MESSAGE(found != std::string::npos, out);
    return out.substr(found + part.size(), out.find('\'', found + part.size()) - found - part.size());
}

/// A client whose bytes are looked at as they are.
struct Raw {
    Housed& house;
    unsigned loop;
    Session* session = nullptr;

    Raw(Housed& in, unsigned on) : house(in), loop(on) {}
    std::string say(const std::string& bytes) {
        session->on_bytes(bytes, house.now);
        std::string out = session->take_output();
        house.hub->poll();
        return out + (session ? session->take_output() : std::string());
    }
    std::string log_in(const std::string& name) {
        session = house.hub->sessions(loop).open("test");
        const std::string header =
            "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
            "xmlns:stream='http://etherx.jabber.org/streams'>";
        say(header + "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" +
            to_base64(std::string("\0", 1) + name + std::string("\0pw", 3)) + "</auth>");
        return say(header);
    }
    void bind(const std::string& resource) {
        say("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" + resource +
            "</resource></bind></iq>");
        REQUIRE(session->is_bound());
    }
    /// Enables stream management: the id to resume by.
    std::string enable() { return text_after(say("<enable xmlns='urn:xmpp:sm:3' resume='1'/>"), "id='"); }
    void lose() {
        session->on_disconnected("reset by peer");
        house.hub->poll();
    }
    /// The session asks to go on as that one. It is gone if it may: what it says next is said by the other.
    std::string resume(const std::string& id, unsigned h, Session* as) {
        session->on_bytes("<resume xmlns='urn:xmpp:sm:3' previd='" + id + "' h='" + std::to_string(h) + "'/>",
                          house.now);
        house.hub->poll();
        if (!as->is_detached() && as->is_bound()) {
            session = as;
            return session->take_output();
        }
        return session->take_output();
    }
};

std::string line(const std::string& id, const std::string& body) {
    return "<message type='groupchat' to='garden@rooms.localhost' id='" + id + "'><body>" + body + "</body></message>";
}
const std::string join =
    "<presence to='garden@rooms.localhost/romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>";
const std::string ask = "<r xmlns='urn:xmpp:sm:3'/>";
bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
std::string h(unsigned count) { return "<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(count) + "'/>"; }

}  // namespace

TEST_CASE("an occupant who lost the connection is inside until resumed, and misses nothing [XEP-0198 §5]") {
    for (const unsigned loops : {1U, 2U}) {
        CAPTURE(loops);
        Housed house(loops);
        Client juliet(house, "juliet", "j", 0);
        juliet.send(
            "<presence to='garden@rooms.localhost/juliet'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
        Raw romeo(house, 0);
        romeo.log_in("romeo");
        romeo.bind("b");
        const std::string id = romeo.enable();
        romeo.say(join);
        Session* const kept = romeo.session;
        juliet.take();
        romeo.lose();
        CHECK_MESSAGE(juliet.got.empty(), "nobody sees it go");
        juliet.send(line("1", "while you were away"));
        // On another loop than it was.
        romeo.loop = loops - 1;
        romeo.log_in("romeo");
        const std::string out = romeo.resume(id, 0, kept);
        CHECK(holds(out, "<resumed xmlns='urn:xmpp:sm:3' previd='" + id + "' h='1'/>"));
        CHECK(holds(out, "while you were away"));
        CHECK(holds(romeo.say(line("2", "I am back")), "I am back"));
        juliet.read();
        CHECK(std::ranges::count_if(juliet.got, [](const Element& each) { return each.name == "presence"; }) == 0);
        CHECK(house.hub->sessions(0).count() + (loops > 1 ? house.hub->sessions(1).count() : 0) == 2);
    }
}

TEST_CASE("who is not resumed in time is gone, and a resumption after that says what was handled [XEP-0198 §5]") {
    Housed house;
    Client juliet(house, "juliet", "j");
    juliet.send("<presence to='garden@rooms.localhost/juliet'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
    Raw romeo(house, 0);
    romeo.log_in("romeo");
    romeo.bind("b");
    const std::string id = romeo.enable();
    romeo.say(join + line("1", "x"));
    romeo.lose();
    house.now.tick += std::chrono::seconds(299);
    house.hub->poll();
    juliet.take();
    CHECK(house.hub->sessions(0).count() == 2);
    house.now.tick += std::chrono::seconds(2);
    house.hub->poll();
    CHECK(house.hub->sessions(0).count() == 1);
    juliet.read();
    REQUIRE(!juliet.got.empty());
    CHECK(juliet.got.back().attribute("type") == "unavailable");
    romeo.log_in("romeo");
    CHECK(holds(romeo.say("<resume xmlns='urn:xmpp:sm:3' previd='" + id + "' h='0'/>"),
                "<failed xmlns='urn:xmpp:sm:3' h='2'><item-not-found "));
    romeo.bind("b");
}

TEST_CASE("another's id, a used one, a made-up one and a count too high resume nothing") {
    Housed house;
    Raw romeo(house, 0);
    romeo.log_in("romeo");
    romeo.bind("b");
    const std::string id = romeo.enable();
    Session* const kept = romeo.session;
    romeo.lose();
    Raw other(house, 0);
    other.log_in("juliet");
    const auto refused = [&](const std::string& what, unsigned count = 0) {
        return holds(other.resume(what, count, kept), "<failed xmlns='urn:xmpp:sm:3'><item-not-found ");
    };
    CHECK_MESSAGE(refused(id), "of another account");
    for (const std::string& made_up :
         std::vector<std::string>{"x", "0", "0.", "0.0.", "9.1.x", "-1.1.x", "0.zz.x", id + "0",
                                  id.substr(0, id.size() - 1), std::string(5000, '1'), "0.ffffffffffffffffffff.x"})
        CHECK(refused(made_up));
    CHECK(kept->is_detached());
    other.session->on_disconnected("closed");
    other.log_in("romeo");
    CHECK_MESSAGE(refused(id, 1), "nothing was sent");
    CHECK(holds(other.resume(id, 0, kept), "<resumed "));
    Raw third(house, 0);
    third.log_in("romeo");
    CHECK_MESSAGE(holds(third.resume(id, 0, kept), "<resumed "),
                  "the connection it has may be dead without our knowing");
    kept->on_bytes("</stream:stream>", house.now);
    kept->on_disconnected("closed");
    house.hub->poll();
    Raw fourth(house, 0);
    fourth.log_in("romeo");
    CHECK_MESSAGE(holds(fourth.say("<resume xmlns='urn:xmpp:sm:3' previd='" + id + "' h='0'/>"), "<item-not-found "),
                  "it ended in order");
}

TEST_CASE("a line counts as handled when the broker has it, or the disk [S7]") {
    Housed house;
    Raw romeo(house, 0);
    romeo.log_in("romeo");
    romeo.bind("b");
    romeo.enable();
    romeo.say(join);
    CHECK(holds(romeo.say(ask), h(1)));
    house.bus->hold_settlements(true);
    house.bus->hold_deliveries(true);
    CHECK(holds(romeo.say(line("1", "x") + ask), h(1)));
    CHECK(holds(romeo.say("<presence to='garden@rooms.localhost/r2'/>" + ask), h(1)));
    house.bus->hold_settlements(false);
    house.bus->hold_deliveries(false);
    house.hub->poll();
    CHECK(holds(romeo.session->take_output(), h(3)));
    house.bus->set_up(false);
    house.hub->poll();
    CHECK(holds(romeo.say(line("2", "y") + ask), h(4)));
}

TEST_CASE("a line that is sent again after a connection was lost is said once [S1, XEP-0198 §4]") {
    Housed house;
    Client juliet(house, "juliet", "j");
    juliet.send("<presence to='garden@rooms.localhost/juliet'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
    Raw romeo(house, 0);
    romeo.log_in("romeo");
    romeo.bind("b");
    romeo.enable();
    romeo.say(join + line("1", "once"));
    romeo.lose();
    juliet.take();
    Raw again(house, 0);
    again.log_in("romeo");
    again.bind("c");
    again.enable();
    again.say(join);
    CHECK(holds(again.say(line("1", "once") + line("2", "once") + line("1", "another word") + ask), h(4)));
    juliet.read();
    CHECK(std::ranges::count_if(juliet.got, [](const Element& each) { return each.name == "message"; }) == 2);
    juliet.take();
    // Somebody else's line is not this one.
    juliet.send(line("1", "once"));
    juliet.read();
    CHECK(std::ranges::count_if(juliet.got, [](const Element& each) { return each.name == "message"; }) == 1);
}

TEST_CASE("a line that was refused may be said again") {
    Housed house;
    Raw romeo(house, 0);
    romeo.log_in("romeo");
    romeo.bind("b");
    romeo.enable();
    CHECK(holds(romeo.say(line("1", "x")), "type='error'"));
    romeo.say(join);
    CHECK(holds(romeo.say(line("1", "x")), "<body>x</body>"));
}

TEST_CASE("a session that waits makes way for another of its name, and ends with the gateway") {
    Housed house;
    Raw romeo(house, 0);
    romeo.log_in("romeo");
    romeo.bind("b");
    romeo.enable();
    romeo.lose();
    CHECK(house.hub->sessions(0).count() == 1);
    Raw again(house, 0);
    again.log_in("romeo");
    again.bind("b");
    house.hub->poll();
    CHECK(house.hub->sessions(0).count() == 1);
    again.enable();
    again.lose();
    house.hub->sessions(0).shut_down();
    house.hub->poll();
    CHECK(house.hub->sessions(0).count() == 0);
}

TEST_CASE("who waits for too long with too much is gone") {
    Config config;
    config.limits.unacknowledged_bytes = 2000;
    Housed house(1, config);
    Client juliet(house, "juliet", "j");
    juliet.send("<presence to='garden@rooms.localhost/juliet'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
    Raw romeo(house, 0);
    romeo.log_in("romeo");
    romeo.bind("b");
    const std::string id = romeo.enable();
    romeo.say(join + "<a xmlns='urn:xmpp:sm:3' h='2'/>");
    romeo.lose();
    for (int i = 0; i < 20; ++i)
        juliet.send(
            line("", "a long line, so that it is soon too much for somebody who is not there to read any of it"));
    CHECK(house.hub->sessions(0).count() == 1);
    CHECK(house.hub->rooms(0).occupant_count() == 1);
}

TEST_CASE("so many sessions wait and no more: few of one account, and a bound for all") {
    Config config;
    config.limits.connections = 25;
    Housed house(1, config);
    const auto come_and_go = [&](const std::string& name, int times) {
        for (int i = 0; i < times; ++i) {
            Raw raw(house, 0);
            raw.log_in(name);
            raw.bind(std::to_string(i));
            raw.enable();
            raw.lose();
        }
    };
    come_and_go("romeo", 30);
    CHECK(house.hub->sessions(0).count() == WaitingSessions::most_of_one);
    come_and_go("juliet", 30);
    CHECK(house.hub->sessions(0).count() == 2 * WaitingSessions::most_of_one);
    come_and_go("nurse", 30);
    CHECK(house.hub->sessions(0).count() == 25);
    house.now.tick += std::chrono::seconds(301);
    house.hub->poll();
    CHECK(house.hub->sessions(0).count() == 0);
    come_and_go("romeo", 1);
    CHECK(house.hub->sessions(0).count() == 1);
}

TEST_CASE("who is to be resumed with too much held back is told that it is gone [XEP-0198 §5, XEP-0352]") {
    Config config;
    config.limits.unacknowledged_bytes = 4000;
    Housed house(1, config);
    Client juliet(house, "juliet", "j");
    const std::string me = "<presence to='garden@rooms.localhost/juliet'>";
    juliet.send(me + "<x xmlns='http://jabber.org/protocol/muc'/></presence>");
    Raw romeo(house, 0);
    romeo.log_in("romeo");
    romeo.bind("b");
    const std::string id = romeo.enable();
    romeo.say(join + "<inactive xmlns='urn:xmpp:csi:0'/>");
    for (int i = 0; i < 20; ++i)
        juliet.send(me + "<status>" + std::string(300, 'x') + "</status></presence>");
    // Its connection is not known to be lost.
    Raw again(house, 0);
    again.log_in("romeo");
    CHECK(holds(again.say("<resume xmlns='urn:xmpp:sm:3' previd='" + id + "' h='0'/>"),
                "<failed xmlns='urn:xmpp:sm:3' h='1'><item-not-found "));
    again.bind("c");
    CHECK(house.hub->sessions(0).count() == 2);
    CHECK(house.hub->rooms(0).occupant_count() == 1);
}
