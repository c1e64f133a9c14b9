#include <doctest/doctest.h>

#include <algorithm>

#include "talk.hpp"

using namespace mucbridge;

namespace {

constexpr std::string_view enable = "<enable xmlns='urn:xmpp:sm:3' resume='true' max='9999'/>";
constexpr std::string_view r = "<r xmlns='urn:xmpp:sm:3'/>";
constexpr std::string_view line =
    "<message type='groupchat' to='garden@rooms.localhost' id='l'><body>x</body></message>";

std::string a(unsigned h) { return "<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(h) + "'/>"; }

/// A host that lets sessions be resumed, and says itself when a line is handled.
struct Managed : Talk {
    std::vector<std::uint64_t> lines;
    std::vector<std::string> detached;
    std::vector<std::pair<std::string, std::uint32_t>> wanted;
    std::function<void(std::optional<std::uint32_t>)> refuse;

    explicit Managed(const std::function<void(SessionOptions&)>& change = [](SessionOptions&) {}) : Talk(change) {
        host.make_resumption_id = [](const Session&) { return std::string("id-1"); };
        host.on_detached = [this](Session&, const std::string& why) { detached.push_back(why); };
        host.resume = [this](Session&, std::string id, std::uint32_t h, auto answer) {
            wanted.emplace_back(id, h);
            refuse = std::move(answer);
        };
        host.on_stanza = [this](Session&, Element stanza, std::uint64_t number) {
            stanzas.push_back(to_string(stanza, ns::client));
            lines.push_back(number);
        };
        log_in();
    }
    std::string enable_it() { return say(enable); }
    std::string told(const std::string& id) const {
        return "<message from='garden@rooms.localhost' id='" + id + "'><body>y</body></message>";
    }
    /// What it was told since, without the requests for acknowledgement.
    std::string take_stanzas() {
        std::string out = take();
        for (auto found = out.find(r); found != std::string::npos; found = out.find(r))
            out.erase(found, r.size());
        return out;
    }
};

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t n = 0;
    for (auto found = text.find(part); found != std::string_view::npos; found = text.find(part, found + 1))
        ++n;
    return n;
}

}  // namespace

TEST_CASE("stream management is offered with the resource, and enabled once bound [XEP-0198 §3]") {
    Talk talk;
    talk.say(std::string(client_header) + make_plain("romeo", "x"));
    CHECK(holds(talk.say(client_header), "<sm xmlns='urn:xmpp:sm:3'/>"));
    CHECK(holds(talk.say(enable), "<failed xmlns='urn:xmpp:sm:3'><unexpected-request "));
    talk.say(bind_balcony);
    CHECK(talk.say("<enable xmlns='urn:xmpp:sm:3'/>") == "<enabled xmlns='urn:xmpp:sm:3'/>");
    CHECK(holds(talk.say(enable), "<unexpected-request "));
}

TEST_CASE("the time to resume is told as it is [XEP-0198 §3]") {
    Managed talk;
    CHECK(talk.enable_it() == "<enabled xmlns='urn:xmpp:sm:3' id='id-1' resume='true' max='300'/>");
    Managed never([](SessionOptions& its) { its.limits.resume_time = std::chrono::seconds(0); });
    CHECK(never.enable_it() == "<enabled xmlns='urn:xmpp:sm:3'/>");
    never.session->on_disconnected("reset");
    CHECK(never.detached.empty());
    CHECK(never.ends.size() == 1);
}

TEST_CASE("a request is answered at once; a line counts when the host has it safe [XEP-0198 §4]") {
    Managed talk;
    talk.enable_it();
    CHECK(talk.say(r) == a(0));
    talk.say("<presence to='garden@rooms.localhost/r'/>");
    CHECK(talk.say(r) == a(1));
    talk.say(std::string(line) + std::string(line) + "<presence/>");
    CHECK(talk.lines.back() == 0);
    CHECK(talk.say(r) == a(1));
    talk.session->on_handled(talk.lines[2]);
    CHECK(talk.take() == "");
    CHECK(talk.say(r) == a(1));
    talk.session->on_handled(talk.lines[1]);
    CHECK_MESSAGE(talk.take() == a(4), "the peer asked before they were safe, so it is told now");
    talk.session->on_handled(talk.lines[1]);
    CHECK(talk.say(r) == a(4));
}

TEST_CASE("a line that the session itself refuses counts at once") {
    Managed talk;
    talk.enable_it();
    talk.say("<message type='groupchat' to='@@'/><message type='groupchat' to='localhost'/>");
    CHECK(holds(talk.say(r), a(2)));
}

TEST_CASE("acknowledgement is asked for, one at a time") {
    Managed talk;
    talk.enable_it();
    talk.session->send(talk.told("1"));
    talk.session->send(talk.told("2"));
    CHECK(count(talk.take(), r) == 1);
    CHECK(talk.say(a(1)) == r);
    CHECK(talk.say(a(2)) == "");
    talk.session->send(talk.told("3"));
    CHECK(count(talk.take(), r) == 1);
}

TEST_CASE("more acknowledged than sent ends the stream, and says so [XEP-0198 §6]") {
    Managed talk;
    talk.enable_it();
    talk.session->send(talk.told("1"));
    talk.take();
    const std::string out = talk.say(a(2));
    CHECK(holds(out,
                "<undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                "<handled-count-too-high xmlns='urn:xmpp:sm:3' h='2' send-count='1'/>"));
    CHECK(out.ends_with("</stream:stream>"));
    CHECK(talk.ends.size() == 1);
    for (const std::string& h : std::vector<std::string>{"", "-1", "x", "1 ", "4294967296", "99999999999999999999"}) {
        CAPTURE(h);
        Managed other;
        other.enable_it();
        CHECK(ends_with_error(other.say("<a xmlns='urn:xmpp:sm:3' h='" + h + "'/>"), "bad-format"));
    }
}

TEST_CASE("requests and acknowledgements before it is enabled are no elements of this stream") {
    for (const std::string& element : {std::string(r), a(0), std::string("<enabled xmlns='urn:xmpp:sm:3'/>")}) {
        Managed talk;
        CHECK(ends_with_error(talk.say(element), "unsupported-stanza-type"));
    }
}

TEST_CASE("a session that lost its connection waits, and goes on with another stream [XEP-0198 §5]") {
    Managed talk;
    talk.enable_it();
    talk.session->send(talk.told("1"));
    talk.say(line);
    talk.say(a(1));
    talk.session->send(talk.told("2"));
    talk.take();
    talk.session->on_disconnected("reset by peer");
    CHECK(talk.detached == std::vector<std::string>{"reset by peer"});
    CHECK(talk.ends.empty());
    CHECK(talk.session->is_detached());
    talk.session->send(talk.told("3"));
    CHECK(talk.take() == "");

    Managed other;
    other.session.emplace(8, other.options, other.host, at(0));
    std::string header(client_header);
    header.replace(header.find("stream:stream"), 13, "s:stream").replace(header.find("xmlns:stream"), 12, "xmlns:s");
    header.insert(header.size() - 1, " xml:lang='de' xmlns:q='urn:q'");
    other.say(header + make_plain("romeo", "x"));
    other.take();
    // What follows in the same bytes belongs to the session that goes on.
    other.say(header +
              "<resume xmlns='urn:xmpp:sm:3' previd='id-1' h='2'/><message type='chat' to='a@localhost' q:a='b'/><r ");
    REQUIRE(other.wanted.size() == 1);
    CHECK(other.wanted[0] == std::pair<std::string, std::uint32_t>("id-1", 2));
    CHECK(!talk.session->may_resume("id-2", Jid{"romeo", "localhost", ""}, 2));
    CHECK(!talk.session->may_resume("id-1", Jid{"juliet", "localhost", ""}, 2));
    CHECK(!talk.session->may_resume("id-1", Jid{"romeo", "localhost", ""}, 4));
    CHECK(!talk.session->may_resume("id-1", Jid{"romeo", "localhost", ""}, 0));
    REQUIRE(talk.session->may_resume("id-1", Jid{"romeo", "localhost", ""}, 2));
    talk.session->resume(other.session->hand_over(), 2, at(2));
    const std::string out = talk.take();
    CHECK_MESSAGE(holds(out, "<resumed xmlns='urn:xmpp:sm:3' previd='id-1' h='0'/>" + talk.told("3")),
                  "h: the line is not safe yet");
    CHECK(!holds(out, talk.told("2")));
    CHECK(talk.stanzas.size() == 2);
    CHECK_MESSAGE(holds(talk.stanzas[1], "xml:lang='de'"), "the new stream's language");
    CHECK(holds(talk.stanzas[1], " from='romeo@localhost/balcony'"));
    talk.session->on_handled(talk.lines[0]);
    CHECK(talk.take() == "");
    CHECK_MESSAGE(talk.say("xmlns='urn:xmpp:sm:3'/>") == a(1), "counted from what was told");
    CHECK(talk.say(a(3)) == "");
    CHECK(other.ends.empty());
    CHECK(talk.say("</s:stream>") == "</stream:stream>");
    CHECK(talk.ends.size() == 1);
}

TEST_CASE("what a peer must send again after a resumption is counted once [XEP-0198 §5]") {
    Managed talk;
    talk.enable_it();
    talk.say("<presence/>" + std::string(line) + "<presence/>" + std::string(line));
    for (unsigned lost = 0; lost < 2; ++lost) {
        talk.session->on_disconnected("reset by peer");
        Managed other;
        other.session.emplace(8, other.options, other.host, at(0));
        other.say(std::string(client_header) + make_plain("romeo", "x"));
        other.say(std::string(client_header) + "<resume xmlns='urn:xmpp:sm:3' previd='id-1' h='0'/>");
        talk.session->resume(other.session->hand_over(), 0, at(2));
        CHECK(holds(talk.take(), "<resumed xmlns='urn:xmpp:sm:3' previd='id-1' h='1'/>"));
        talk.say(std::string(line) + "<presence/>" + std::string(line));
        CHECK(talk.say(r) == a(1));
    }
    const auto numbers = talk.lines;
    for (const std::uint64_t number : numbers)
        talk.session->on_handled(number);
    CHECK_MESSAGE(talk.take() == a(4), "as many as the peer has sent by its count");
}

TEST_CASE("a resumption that is refused leaves the stream as it was, to bind [XEP-0198 §5]") {
    Managed talk;
    talk.session.emplace(8, talk.options, talk.host, at(0));
    talk.say(std::string(client_header) + make_plain("romeo", "x"));
    talk.say(client_header);
    for (const std::string& bad :
         std::vector<std::string>{"", " h='1'", " previd='x'", " previd='x' h='y'", " previd='' h='1'"})
        CHECK(holds(talk.say("<resume xmlns='urn:xmpp:sm:3'" + bad + "/>"), "<bad-request "));
    CHECK(talk.say("<resume xmlns='urn:xmpp:sm:3' previd='x' h='1'/>") == "");
    talk.refuse(std::nullopt);
    CHECK(talk.take() ==
          "<failed xmlns='urn:xmpp:sm:3'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
    talk.say("<resume xmlns='urn:xmpp:sm:3' previd='x' h='1'/>");
    talk.refuse(7);
    CHECK(holds(talk.take(), "<failed xmlns='urn:xmpp:sm:3' h='7'><item-not-found "));
    CHECK(holds(talk.say(bind_balcony), "<jid>romeo@localhost/balcony</jid>"));
    CHECK(holds(talk.say("<resume xmlns='urn:xmpp:sm:3' previd='x' h='1'/>"), "<unexpected-request "));
}

TEST_CASE("an end in order is not a lost connection: nothing waits [XEP-0198 §7]") {
    Managed talk;
    talk.enable_it();
    talk.say("</stream:stream>");
    talk.session->on_disconnected("closed by the peer");
    CHECK(talk.detached.empty());
    CHECK(talk.ends.size() == 1);
}

TEST_CASE("what a session may leave unacknowledged is bounded, connected or not") {
    const auto small = [](SessionOptions& its) { its.limits.unacknowledged_bytes = 1000; };
    Managed talk(small);
    talk.enable_it();
    for (int i = 0; i < 100 && !talk.session->is_over(); ++i)
        talk.session->send(talk.told("1"));
    CHECK(ends_with_error(talk.take(), "policy-violation"));
    Managed away(small);
    away.enable_it();
    away.session->on_disconnected("reset");
    for (int i = 0; i < 100 && !away.session->is_over(); ++i)
        away.session->send(away.told("1"));
    CHECK(away.session->is_over());
    away.session->on_disconnected("closed");
    CHECK(away.ends.size() == 1);
}

TEST_CASE("who says nothing is asked, and is gone without an answer") {
    const auto ask = [](SessionOptions& its) {
        its.limits.idle_time = std::chrono::seconds(60);
        its.limits.answer_time = std::chrono::seconds(10);
    };
    SUBCASE("by a ping [XEP-0199]") {
        Managed talk(ask);
        talk.session->on_tick(at(30));
        CHECK(talk.take() == "");
        talk.session->on_tick(at(61));
        const std::string ping = talk.take();
        CHECK(holds(ping, "<iq type='get' from='localhost' id='ping-"));
        CHECK(holds(ping, " to='romeo@localhost/balcony'><ping xmlns='urn:xmpp:ping'/></iq>"));
        SUBCASE("anything is an answer") {
            talk.say(" ", 65);
            talk.session->on_tick(at(90));
            CHECK(talk.ends.empty());
            talk.session->on_tick(at(126));
            CHECK(holds(talk.take(), "<ping "));
        }
        SUBCASE("nothing is an end") {
            talk.session->on_tick(at(70));
            CHECK(talk.ends.empty());
            talk.session->on_tick(at(72));
            CHECK(ends_with_error(talk.take(), "connection-timeout"));
            CHECK(talk.ends.size() == 1);
        }
    }
    SUBCASE("by a request, where there is stream management; then it waits to be resumed") {
        Managed talk(ask);
        talk.enable_it();
        talk.session->on_tick(at(62));
        CHECK(talk.take() == r);
        talk.session->on_tick(at(73));
        CHECK(talk.session->is_detached());
        CHECK(talk.detached.size() == 1);
    }
}

TEST_CASE("an inactive client is spared presence and chat states, and never a line [XEP-0352]") {
    const std::string presence = "<presence from='garden@rooms.localhost/juliet'/>";
    const std::string own =
        "<presence from='garden@rooms.localhost/r'><x xmlns='u'><status code='110'/></x></presence>";
    const std::string typing =
        "<message type='groupchat' from='garden@rooms.localhost/juliet'><composing "
        "xmlns='http://jabber.org/protocol/chatstates'/></message>";
    Managed talk;
    talk.say("<inactive xmlns='urn:xmpp:csi:0'/>");
    talk.session->send(presence);
    talk.session->send(typing);
    CHECK(talk.take() == "");
    talk.session->send(talk.told("1"));
    CHECK_MESSAGE(talk.take() == presence + typing + talk.told("1"), "in order");
    talk.session->send(own);
    CHECK(talk.take() == own);
    talk.session->send(presence);
    CHECK(talk.say("<active xmlns='urn:xmpp:csi:0'/>") == presence);
    talk.session->send(presence);
    CHECK(talk.take() == presence);
    SUBCASE("held back is not sent: it counts only when it is") {
        talk.enable_it();
        talk.say("<inactive xmlns='urn:xmpp:csi:0'/>");
        talk.session->send(presence);
        talk.session->on_disconnected("reset");
        CHECK(talk.session->may_resume("id-1", Jid{"romeo", "localhost", ""}, 1));
    }
    SUBCASE("what is held back is bounded") {
        talk.say("<inactive xmlns='urn:xmpp:csi:0'/>");
        std::size_t sent = 0;
        for (int i = 0; i < 10000; ++i) {
            talk.session->send(presence);
            sent += count(talk.take(), presence);
        }
        CHECK(sent > 8000);
    }
}
