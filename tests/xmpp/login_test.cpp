#include <doctest/doctest.h>

#include "talk.hpp"

using namespace mucbridge;

namespace {

constexpr std::string_view success = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";

bool is_failure(std::string_view output, std::string_view condition) {
    return output.starts_with("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><" + std::string(condition) + "/>");
}

/// A stream that waits for <auth/>.
Talk& open_stream(Talk& talk) {
    talk.say(client_header);
    return talk;
}

}  // namespace

TEST_CASE("PLAIN, restart, bind: a login step by step [RFC 6120 §6, §7]") {
    Talk talk;
    open_stream(talk);
    CHECK(talk.say(make_plain("Romeo", "secret")) == success);
    CHECK(talk.credentials == std::vector<std::pair<std::string, std::string>>{{"romeo", "secret"}});
    CHECK(to_string(talk.session->jid()) == "romeo@localhost");
    CHECK(talk.say(client_header)
              .ends_with("<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
                         "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>"
                         "<sm xmlns='urn:xmpp:sm:3'/><csi xmlns='urn:xmpp:csi:0'/></stream:features>"));
    CHECK(talk.say(bind_balcony) ==
          "<iq type='result' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
          "<jid>romeo@localhost/balcony</jid></bind></iq>");
    CHECK(talk.session->is_bound());
    CHECK(to_string(talk.session->jid()) == "romeo@localhost/balcony");
    CHECK(talk.say("<iq type='set' id='s1'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>") ==
          "<iq type='result' id='s1' to='romeo@localhost/balcony'/>");
}

TEST_CASE("a pipelined login works in one buffer, and cut anywhere") {
    const std::string all = std::string(client_header) + make_plain("romeo", "secret") + std::string(client_header) +
                            std::string(bind_balcony) + "<presence/><message to='a@localhost'><body>1</body></message>";
    for (std::size_t cut = 0; cut <= all.size(); ++cut) {
        Talk talk;
        talk.say(all.substr(0, cut));
        talk.say(all.substr(cut));
        CAPTURE(cut);
        REQUIRE(talk.session->is_bound());
        CHECK(talk.stanzas.size() == 2);
    }
}

TEST_CASE("a login works byte by byte") {
    Talk talk;
    const std::string all = std::string(client_header) + make_plain("romeo", "secret") + std::string(client_header) +
                            std::string(bind_balcony) + "<presence/>";
    for (const char byte : all)
        talk.session->on_bytes({&byte, 1}, at(1));
    CHECK(talk.session->is_bound());
    CHECK(talk.stanzas.size() == 1);
}

TEST_CASE("a pipelined login works while the host takes its time") {
    Talk talk;
    talk.is_slow = true;
    const std::string rest = std::string(client_header) + std::string(bind_balcony) + "<presence/><presence/>";
    talk.say(std::string(client_header) + make_plain("romeo", "secret") + rest);
    CHECK(!talk.session->wants_bytes());
    CHECK(talk.wishes.empty());
    talk.wakes = 0;
    talk.answer_login(LoginAnswer::right);
    CHECK(talk.wakes > 0);
    CHECK(talk.wishes == std::vector<std::string>{"balcony"});
    CHECK(!talk.session->wants_bytes());
    CHECK(talk.say("<presence/>").starts_with("<success "));
    talk.answer_bind(talk.session->jid().with_resource("balcony"));
    CHECK(talk.session->wants_bytes());
    CHECK(talk.stanzas.size() == 3);
    CHECK(holds(talk.take(), "<jid>romeo@localhost/balcony</jid>"));
}

TEST_CASE("what is sent ahead of a slow answer is bounded") {
    Talk talk;
    talk.is_slow = true;
    talk.say(std::string(client_header) + make_plain("romeo", "secret"));
    std::string out;
    for (int i = 0; i < 5 && !talk.session->is_over(); ++i)
        out = talk.say(std::string(64 * 1024, ' '));
    CHECK(ends_with_error(out, "policy-violation"));
    talk.answer_login(LoginAnswer::right);
    CHECK(talk.take().empty());
}

TEST_CASE("an answer that comes twice, or after the end, does nothing") {
    Talk talk;
    talk.is_slow = true;
    talk.say(std::string(client_header) + make_plain("romeo", "secret"));
    SUBCASE("twice") {
        talk.answer_login(LoginAnswer::right);
        CHECK(talk.take() == success);
        talk.answer_login(LoginAnswer::wrong);
        CHECK(talk.take().empty());
    }
    SUBCASE("after the stream's end") {
        talk.session->close();
        talk.take();
        talk.answer_login(LoginAnswer::right);
        CHECK(talk.take().empty());
    }
    SUBCASE("after the session's death") {
        talk.session.reset();
        talk.answer_login(LoginAnswer::right);
    }
    SUBCASE("of a bind whose session ended first: the host hears of the end all the same") {
        talk.answer_login(LoginAnswer::right);
        talk.say(std::string(client_header) + std::string(bind_balcony));
        talk.session->on_disconnected("reset by peer");
        CHECK(talk.ends == std::vector<std::string>{"reset by peer"});
        talk.answer_bind(Jid{"romeo", "localhost", "balcony"});
        CHECK(!talk.session->is_bound());
        CHECK(talk.ends.size() == 1);
    }
}

TEST_CASE("a wrong password fails as not-authorized and says no more [RFC 6120 §6.5.10]") {
    Talk talk;
    talk.is_right = [](const std::string& password) { return password == "right"; };
    open_stream(talk);
    CHECK(talk.say(make_plain("romeo", "wrong")) ==
          "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
    CHECK(talk.say(make_plain("romeo", "right")) == success);
}

TEST_CASE("password_guessing_one_connection: the third failure ends the stream [RFC 6120 §6.4.5]") {
    Talk talk;
    talk.is_right = [](const std::string&) { return false; };
    open_stream(talk);
    CHECK(is_failure(talk.say(make_plain("romeo", "1")), "not-authorized"));
    CHECK(is_failure(talk.say(make_plain("romeo", "2")), "not-authorized"));
    const auto out = talk.say(make_plain("romeo", "3") + make_plain("romeo", "4"));
    CHECK(is_failure(out, "not-authorized"));
    CHECK(ends_with_error(out, "policy-violation"));
    CHECK(talk.credentials.size() == 3);
}

TEST_CASE("sasl_garbage: each has its name [RFC 6120 §6.5]") {
    const std::string nul(1, '\0');
    const std::vector<std::pair<std::string, std::string>> bad{
        {make_auth("SCRAM-SHA-1", "AA=="), "invalid-mechanism"},
        {make_auth("plain", "AA=="), "invalid-mechanism"},
        {make_auth("", ""), "invalid-mechanism"},
        {"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", "invalid-mechanism"},
        {make_auth("PLAIN", "!!!!"), "incorrect-encoding"},
        {make_auth("PLAIN", "AGEAYg"), "incorrect-encoding"},      // unpadded
        {make_auth("PLAIN", "AGEA\nYg=="), "incorrect-encoding"},  // folded
        {make_auth("PLAIN", "AGEAYh=="), "incorrect-encoding"},    // stray bits
        {make_auth("PLAIN", "=AAA"), "incorrect-encoding"},
        {make_auth("PLAIN", "===="), "incorrect-encoding"},
        {make_auth("PLAIN", "="), "malformed-request"},  // present, and empty
        {make_auth("PLAIN", to_base64("romeo")), "malformed-request"},
        {make_auth("PLAIN", to_base64(nul + "romeo")), "malformed-request"},
        {make_auth("PLAIN", to_base64(nul + "romeo" + nul + "a" + nul + "b")), "malformed-request"},
        {make_auth("PLAIN", to_base64(nul + "\xFF\xFE" + nul + "a")), "malformed-request"},
        {make_auth("PLAIN", to_base64(nul + nul + "secret")), "not-authorized"},  // nobody
        {make_auth("PLAIN", to_base64(nul + "a b" + nul + "secret")), "not-authorized"},
        {make_auth("PLAIN", to_base64(nul + "a@b" + nul + "secret")), "not-authorized"},
        {make_auth("PLAIN", to_base64(nul + std::string(2000, 'a') + nul + "secret")), "not-authorized"},
        {make_auth("PLAIN", to_base64(nul + "Anon-0123" + nul + "secret")), "not-authorized"},
        {"<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>AA==</response>", "malformed-request"},
        {"<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", "aborted"},
        {"<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", "malformed-request"},
    };
    for (const auto& [element, condition] : bad) {
        Talk talk;
        open_stream(talk);
        const auto out = talk.say(element);
        CAPTURE(element);
        CHECK_MESSAGE(is_failure(out, condition), out);
        CHECK(talk.credentials.empty());
        CHECK(talk.say(make_plain("romeo", "x")) == success);
    }
}

TEST_CASE("sasl_authzid_other_user: only one's own bare JID may be asked for [RFC 6120 §6.3.8]") {
    for (const auto* other :
         {"juliet@localhost", "romeo@example.org", "localhost", "romeo@localhost/balcony", "@", "romeo"}) {
        Talk talk;
        CAPTURE(other);
        CHECK(is_failure(open_stream(talk).say(make_plain("romeo", "x", other)), "invalid-authzid"));
        CHECK(talk.credentials.empty());
    }
    Talk talk;
    CHECK(open_stream(talk).say(make_plain("romeo", "x", "Romeo@LOCALHOST")) == success);
}

TEST_CASE("without an initial response PLAIN is asked for by an empty challenge [RFC 6120 §6.4.3]") {
    Talk talk;
    open_stream(talk);
    const std::string response = to_base64(std::string("\0romeo\0x", 8));
    CHECK(talk.say(make_auth("PLAIN", "")) == "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'></challenge>");
    SUBCASE("and answered") {
        CHECK(talk.say("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + response + "</response>") == success);
    }
    SUBCASE("or aborted, and then there is no handshake left [RFC 6120 §6.4.4]") {
        CHECK(is_failure(talk.say("<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"), "aborted"));
        CHECK(is_failure(talk.say("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + response + "</response>"),
                         "malformed-request"));
    }
    SUBCASE("or discarded by another auth [RFC 6120 §6.4.2]") {
        CHECK(talk.say(make_auth("ANONYMOUS", "")) == success);
    }
}

TEST_CASE("ANONYMOUS gives a random name, whatever the trace [RFC 4505 §2]") {
    std::vector<std::string> names;
    for (const auto* trace : {"", "=", "c29tZWJvZHk="}) {
        Talk talk(Login::anonymous);
        CHECK(open_stream(talk).say(make_auth("ANONYMOUS", trace)) == success);
        names.push_back(talk.session->jid().local);
        CHECK(names.back().starts_with("anon-"));
        CHECK(talk.credentials.empty());
    }
    CHECK(names[0] != names[1]);
    CHECK(names[1] != names[2]);
    Talk talk(Login::anonymous);
    CHECK(is_failure(open_stream(talk).say(make_auth("ANONYMOUS", "x")), "incorrect-encoding"));
    CHECK(is_failure(talk.say(make_plain("romeo", "x")), "invalid-mechanism"));
}

TEST_CASE("stanza_before_auth: not-authorized, and nothing is delivered [RFC 6120 §4.3.5]") {
    for (const auto* stanza : {"<message to='a@localhost'><body>x</body></message>", "<presence/>",
                               "<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>"}) {
        Talk talk;
        CHECK(ends_with_error(open_stream(talk).say(stanza + make_plain("romeo", "x")), "not-authorized"));
        CHECK(talk.stanzas.empty());
        CHECK(talk.credentials.empty());
    }
}

TEST_CASE("stanza_before_bind: not-authorized, and nothing is delivered [RFC 6120 §4.3.5]") {
    for (const auto* stanza :
         {"<presence to='garden@rooms.localhost/x'/>", "<message to='a@localhost'/>",
          "<iq type='get' id='1' to='garden@rooms.localhost'><ping xmlns='urn:xmpp:ping'/></iq>"}) {
        Talk talk;
        open_stream(talk).say(make_plain("romeo", "x") + std::string(client_header));
        CHECK(ends_with_error(talk.say(stanza), "not-authorized"));
        CHECK(talk.stanzas.empty());
        CHECK(talk.ends.empty());
    }
}

TEST_CASE("before binding the server itself answers not-allowed, and session is the no-op it is") {
    Talk talk;
    open_stream(talk).say(make_plain("romeo", "x") + std::string(client_header));
    CHECK(holds(talk.say("<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>"), "<not-allowed "));
    CHECK(talk.say("<iq type='set' id='2'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>") ==
          "<iq type='result' id='2'/>");
    CHECK(holds(talk.say(bind_balcony), "<jid>"));
}

TEST_CASE("nothing is sent to a session before it is bound, whoever tries") {
    Talk talk;
    open_stream(talk).say(make_plain("romeo", "x") + std::string(client_header));
    talk.session->send("<message/>");
    talk.session->send(SharedStanza{"<message", "/>"});
    CHECK(talk.take().empty());
}

TEST_CASE("a bind without a wish gets a random resource [RFC 6120 §7.6]") {
    for (const auto* wish : {"", "<resource/>", "<resource></resource>"}) {
        Talk talk;
        open_stream(talk).say(make_plain("romeo", "x") + std::string(client_header));
        talk.say("<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>" + std::string(wish) +
                 "</bind></iq>");
        CHECK(talk.session->jid().resource.size() == 16);
    }
}

TEST_CASE("bind_hostile_resource: bad-request, and the stream stays [RFC 6120 §7.7.2.1]") {
    Talk talk;
    open_stream(talk).say(make_plain("romeo", "x") + std::string(client_header));
    for (const auto& wish : {std::string("a&#x7F;b"), std::string("a&#10;b"), std::string("&#x200B;&#xAD;"),
                             std::string(5000, 'a'), std::string("&#xE000;")}) {
        const auto out = talk.say("<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" +
                                  wish + "</resource></bind></iq>");
        CAPTURE(wish);
        CHECK_MESSAGE(holds(out, "<error type='modify'><bad-request "), out);
        CHECK(talk.wishes.empty());
    }
    CHECK(holds(
        talk.say("<iq type='set' id='2'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>a/&lt;&apos;&gt; "
                 "\xF0\x9F\x98\x80</resource></bind></iq>"),
        "<jid>romeo@localhost/a/&lt;'&gt; \xF0\x9F\x98\x80</jid>"));
}

TEST_CASE("an entity that XML does not have, in a resource, is restricted-xml [RFC 6120 §11.1]") {
    Talk talk;
    open_stream(talk).say(make_plain("romeo", "x") + std::string(client_header));
    CHECK(ends_with_error(talk.say("<iq type='set' id='1'><bind "
                                   "xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>&nul;</resource></bind></iq>"),
                          "restricted-xml"));
}

TEST_CASE("a resource that is taken is a conflict, and another may be asked for; not for ever [RFC 6120 §7.7.3]") {
    Talk talk;
    talk.grant = [](const Jid& jid) -> Result<Jid> {
        if (jid.resource == "balcony")
            return Error{"balcony is taken"};
        return jid;
    };
    open_stream(talk).say(make_plain("romeo", "x") + std::string(client_header));
    CHECK(talk.say(bind_balcony) ==
          "<iq type='error' id='b1'><error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
          "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>balcony is taken</text></error></iq>");
    SUBCASE("another") {
        talk.say("<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
        CHECK(talk.session->is_bound());
    }
    SUBCASE("not for ever") {
        std::string out;
        for (int i = 0; i < 9; ++i)
            out = talk.say(bind_balcony);
        CHECK(ends_with_error(out, "policy-violation"));
        CHECK(talk.ends.empty());
    }
}

TEST_CASE("the host may give another resource than was asked for [RFC 6120 §7.7.1]") {
    Talk talk;
    talk.grant = [](const Jid& jid) -> Result<Jid> { return jid.with_resource(jid.resource + "'2"); };
    open_stream(talk).say(make_plain("romeo", "x") + std::string(client_header));
    CHECK(holds(talk.say(bind_balcony), "<jid>romeo@localhost/balcony'2</jid>"));
    talk.session->send(SharedStanza{"<message", "/>"});
    CHECK(talk.take() == "<message to='romeo@localhost/balcony&apos;2'/>");
}

TEST_CASE("a second bind is not-allowed [RFC 6120 §7.1]") {
    Talk talk;
    talk.log_in();
    CHECK(holds(talk.say(bind_balcony), "<not-allowed "));
    CHECK(talk.wishes.size() == 1);
}

TEST_CASE("auth after login is no stanza [RFC 6120 §4.9.3.24]") {
    Talk talk;
    CHECK(ends_with_error(talk.log_in().say(make_plain("juliet", "x")), "unsupported-stanza-type"));
    CHECK(talk.ends.size() == 1);
}
