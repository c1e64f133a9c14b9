#include "xmpp/sasl.hpp"

#include <doctest/doctest.h>

#include "talk.hpp"

using namespace mucbridge;

namespace {

using Names = std::vector<std::string_view>;

Channel encrypted() {
    Channel channel;
    channel.is_encrypted = true;
    channel.tls_exporter = "exported";
    return channel;
}

std::string refusal(std::string_view mechanism, Login login, const Channel& channel) {
    const auto begun = begin_sasl(mechanism, {login, "localhost", channel});
    const auto* failure = std::get_if<SaslFailure>(&begun);
    return failure ? failure->condition : "";
}

bool is_failure(std::string_view output, std::string_view condition) {
    return output.starts_with("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><" + std::string(condition) + "/>");
}

/// A talk on such a channel, whose host has accounts: all have the password "pencil".
struct Accounts : Talk {
    std::vector<std::string> looked_up, delayed;
    std::function<void(std::optional<ScramVerifier>)> found;
    std::function<void(bool)> let_go;

    explicit Accounts(Channel channel, bool has_legacy_auth = false, Login login = Login::accounts)
        : Talk([&](SessionOptions& its) {
              its.login = login;
              its.legacy_auth = has_legacy_auth;
          }) {
        is_right = [](const std::string& password) { return password == "pencil"; };
        host.find_verifier = [this](Session&, std::string name, ScramHash, auto answer) {
            looked_up.push_back(name);
            found = std::move(answer);
        };
        host.delay_refusal = [this](Session&, std::string name, auto answer) {
            delayed.push_back(name);
            let_go = std::move(answer);
        };
        session.emplace(7, options, host, at(0), std::move(channel));
    }
};

std::string legacy(const std::string& name, const std::string& password, const std::string& resource) {
    return "<iq type='set' id='a'><query xmlns='jabber:iq:auth'><username>" + name + "</username><password>" +
           password + "</password><resource>" + resource + "</resource></query></iq>";
}

}  // namespace

TEST_CASE("what is offered depends on the login, and a password is asked for under TLS alone [RFC 6120 §13.8.3]") {
    const auto offered = [](Login login, const Channel& channel) {
        return offered_mechanisms({login, "localhost", channel});
    };
    Channel required;
    required.starttls = Channel::Starttls::required;
    for (const Login login : {Login::open, Login::anonymous, Login::accounts, Login::broker})
        CHECK(offered(login, required).empty());
    CHECK(offered(Login::open, {}) == Names{"PLAIN", "ANONYMOUS"});
    CHECK(offered(Login::anonymous, encrypted()) == Names{"ANONYMOUS"});
    CHECK(offered(Login::accounts, {}) == Names{"SCRAM-SHA-256", "SCRAM-SHA-1"});
    CHECK(offered(Login::accounts, encrypted()) ==
          Names{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"});
    CHECK(offered(Login::broker, {}).empty());
    CHECK(offered(Login::broker, encrypted()) == Names{"PLAIN"});

    CHECK(refusal("PLAIN", Login::accounts, {}) == "encryption-required");
    CHECK(refusal("PLAIN", Login::broker, {}) == "encryption-required");
    CHECK(refusal("SCRAM-SHA-1", Login::accounts, required) == "encryption-required");
    CHECK(refusal("ANONYMOUS", Login::accounts, encrypted()) == "invalid-mechanism");
    CHECK(refusal("scram-sha-1", Login::accounts, encrypted()) == "invalid-mechanism");
    CHECK(refusal("SCRAM-SHA-1-PLUS", Login::accounts, {}) == "invalid-mechanism");
}

TEST_CASE("EXTERNAL is for whom a certificate names here [XEP-0178]") {
    Channel channel = encrypted();
    CHECK(refusal("EXTERNAL", Login::accounts, channel) == "not-authorized");
    channel.certified = {Jid{"romeo", "elsewhere", ""}, Jid{"anon-1", "localhost", ""}, Jid{"", "localhost", ""}};
    CHECK_MESSAGE(refusal("EXTERNAL", Login::accounts, channel) == "not-authorized", "nobody of ours");
    channel.certified.push_back(Jid{"romeo", "localhost", ""});
    CHECK(offered_mechanisms({Login::accounts, "localhost", channel}).front() == "EXTERNAL");
    Talk talk([](SessionOptions& its) { its.login = Login::accounts; });
    const auto log_in = [&](const std::string& response) {
        talk.session.emplace(7, talk.options, talk.host, at(0), channel);
        talk.say(client_header);
        return talk.say(make_auth("EXTERNAL", response));
    };
    CHECK(holds(log_in("="), "<success"));
    CHECK(to_string(talk.session->jid()) == "romeo@localhost");
    CHECK(holds(log_in(to_base64("romeo@localhost")), "<success"));
    CHECK(holds(log_in(""), "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'></challenge>"));
    CHECK(holds(talk.say("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"), "<success"));
    for (const std::string other : {"juliet@localhost", "romeo@elsewhere", "romeo@localhost/x", "anon-1@localhost"})
        CHECK(is_failure(log_in(to_base64(other)), "invalid-authzid"));
    channel.certified.push_back(Jid{"nurse", "localhost", ""});
    CHECK_MESSAGE(is_failure(log_in("="), "invalid-authzid"), "which of the two?");
    CHECK(holds(log_in(to_base64("nurse@localhost")), "<success"));
}

TEST_CASE("a wrong claim is answered when the host says so, a malformed one and a right one at once") {
    Accounts talk(encrypted());
    talk.say(client_header);
    CHECK(talk.say(make_plain("romeo", "wrong")) == "");
    CHECK(talk.delayed == std::vector<std::string>{"romeo"});
    CHECK(!talk.session->wants_bytes());
    talk.let_go(true);
    CHECK(is_failure(talk.take(), "not-authorized"));
    CHECK(is_failure(talk.say(make_auth("PLAIN", to_base64("no"))), "malformed-request"));
    CHECK(holds(talk.say(make_plain("romeo", "pencil")), "<success"));
    CHECK(talk.delayed.size() == 1);
}

TEST_CASE("who cannot be asked about now is told to try again [RFC 6120 §6.5.10]") {
    Accounts talk(encrypted());
    talk.say(client_header);
    talk.say(make_auth("SCRAM-SHA-1", to_base64("n,,n=romeo,r=abc")));
    CHECK(talk.looked_up == std::vector<std::string>{"romeo"});
    talk.found(std::nullopt);
    CHECK(is_failure(talk.take(), "temporary-auth-failure"));
    CHECK(talk.delayed.empty());
}

TEST_CASE("three wrong logins are enough for a stream, however they are made") {
    Accounts talk(encrypted(), true);
    talk.say(client_header);
    talk.say(make_plain("romeo", "wrong"));
    talk.let_go(true);
    talk.say(legacy("romeo", "wrong", "r"));
    talk.let_go(true);
    talk.say(make_auth("SCRAM-SHA-1", to_base64("n,,n=romeo,r=abc")));
    talk.found(make_scram_verifier(ScramHash::sha1, "pencil", "salt", 4096));
    const std::string out = talk.take();
    const auto begin = out.find("<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>") + 52;
    const auto challenge = *parse_base64(out.substr(begin, out.find('<', begin) - begin));
    const auto nonce = challenge.substr(0, challenge.find(','));
    talk.say("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" +
             to_base64("c=biws," + nonce + ",p=" + to_base64(std::string(20, 'x'))) + "</response>");
    CHECK(talk.delayed == std::vector<std::string>{"romeo", "romeo", "romeo"});
    talk.let_go(true);
    CHECK(ends_with_error(talk.take(), "policy-violation"));
}

TEST_CASE("jabber:iq:auth is there by an option, and under TLS alone [XEP-0078]") {
    constexpr std::string_view feature = "<auth xmlns='http://jabber.org/features/iq-auth'/>";
    const std::string get = "<iq type='get' id='g'><query xmlns='jabber:iq:auth'/></iq>";
    SUBCASE("no option, or no TLS: it is a stanza before the login") {
        Accounts without(encrypted());
        CHECK(!holds(without.say(client_header), feature));
        CHECK(ends_with_error(without.say(get), "not-authorized"));
        Accounts plain({}, true);
        CHECK(!holds(plain.say(client_header), feature));
        CHECK(ends_with_error(plain.say(get), "not-authorized"));
    }
    SUBCASE("it logs in and binds at once") {
        Accounts talk(encrypted(), true);
        CHECK(holds(talk.say(client_header), feature));
        CHECK(talk.say(get) ==
              "<iq type='result' id='g'><query xmlns='jabber:iq:auth'><username/><password/><resource/></query></iq>");
        CHECK(holds(talk.say(legacy("romeo", "pencil", "balcony")), "<iq type='result' id='a'"));
        CHECK(talk.session->is_bound());
        CHECK(to_string(talk.session->jid()) == "romeo@localhost/balcony");
        talk.say("<presence to='garden@rooms.localhost/r'/>");
        CHECK(talk.stanzas.size() == 1);
    }
    SUBCASE("a stream of before XMPP 1.0 has neither version nor features [RFC 6120 §4.7.5]") {
        std::string header(client_header);
        header.erase(header.find(" version='1.0' xmlns="), 14);
        Accounts talk(encrypted(), true);
        const std::string out = talk.say(header);
        CHECK(!holds(out, "features"));
        CHECK(!holds(out, "from='localhost' version"));
        CHECK(holds(talk.say(legacy("romeo", "pencil", "balcony")), "type='result'"));
        Accounts other(encrypted());
        CHECK(ends_with_error(other.say(header), "unsupported-version"));
    }
    SUBCASE("nobody asked for results or errors, and they are not answered as if") {
        for (const std::string type : {"result", "error", ""}) {
            Accounts talk(encrypted(), true);
            talk.say(client_header);
            CHECK(ends_with_error(talk.say("<iq type='" + type + "' id='g'><query xmlns='jabber:iq:auth'/></iq>"),
                                  "not-authorized"));
        }
    }
    SUBCASE("errors are 401, 406 and 409, in today's words") {
        Accounts talk(encrypted(), true);
        talk.say(client_header);
        talk.say(legacy("romeo", "wrong", "balcony"));
        CHECK(talk.delayed.size() == 1);
        talk.let_go(true);
        CHECK(holds(talk.take(), "<not-authorized "));
        CHECK(holds(talk.say(legacy("romeo", "pencil", "")), "<not-acceptable "));
        talk.grant = [](const Jid&) -> Result<Jid> { return Error{"taken"}; };
        const std::string out = talk.say(legacy("romeo", "pencil", "balcony"));
        CHECK(holds(out, "<conflict "));
        CHECK(talk.ends.empty());
    }
}
