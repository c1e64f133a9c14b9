#include "core/unique.hpp"
#include "xml/writer.hpp"
#include "xmpp/base64.hpp"
#include "xmpp/session_impl.hpp"
#include "xmpp/stanza_reply.hpp"
#include "xmpp/stream.hpp"

namespace mucbridge {

namespace {

constexpr unsigned logins_per_stream = 3;  // RFC 6120 §6.4.5: two to five retries

bool is_stanza(const Element& element) {
    return element.name == "message" || element.name == "presence" || element.name == "iq";
}

/// RFC 6120 §6.4.2: "=" is present but empty, and no text at all is absent.
struct Payload {
    bool is_valid = true;
    std::optional<std::string> bytes;
};

Payload parse_payload(const Element& element) {
    const std::string text = element.text();
    if (text.empty())
        return {};
    if (text == "=")
        return {true, ""};
    auto bytes = parse_base64(text);
    return {bytes.has_value(), std::move(bytes)};
}

const SaslFailure not_base64{"incorrect-encoding", "want base64 without white space"};
const SaslFailure cannot_be_judged{"temporary-auth-failure", "nobody can be asked about passwords now; try again"};

}  // namespace

void Session::Impl::refuse_element(const Element& element) {
    if (element.ns == ns::client && is_stanza(element))
        return close("not-authorized", "log in and bind a resource first");
    // RFC 6120 §4.8.2: a stanza of another content namespace, jabber:server's for one.
    if (is_stanza(element) && (element.ns.empty() || element.ns.starts_with("jabber:")))
        return close("invalid-namespace", "want stanzas in 'jabber:client'");
    if (element.name == "starttls" && element.ns == ns::tls)
        return on_starttls();
    close("unsupported-stanza-type", "want message, presence or iq");
}

LoginOffer Session::Impl::login_offer() const { return {options.login, options.domain, channel}; }

void Session::Impl::on_login_element(const Element& element) {
    if (element.ns == ns::sasl)
        return on_sasl(element);
    if (is_legacy_auth(element))
        return on_legacy_auth(element);
    refuse_element(element);
}

void Session::Impl::on_sasl(const Element& element) {
    if (element.name == "auth")
        return on_auth(element);
    if (element.name == "response")
        return on_response(element);
    handshake.reset();
    if (element.name == "abort")
        return refuse_login({"aborted", ""});
    refuse_login({"malformed-request", "want auth, response or abort"});
}

void Session::Impl::on_auth(const Element& auth) {
    // RFC 6120 §6.4.2: a new <auth/> discards the handshake before it.
    auto begun = begin_sasl(auth.attribute("mechanism"), login_offer());
    if (const auto* failure = std::get_if<SaslFailure>(&begun))
        return refuse_login(*failure);
    handshake = std::move(std::get<std::unique_ptr<SaslMechanism>>(begun));
    const Payload initial = parse_payload(auth);
    if (!initial.is_valid)
        return refuse_login(not_base64);
    take_step(handshake->start(initial.bytes));
}

void Session::Impl::on_response(const Element& response) {
    if (!handshake)
        return refuse_login({"malformed-request", "nothing was asked"});
    const Payload payload = parse_payload(response);
    if (!payload.is_valid)
        return refuse_login(not_base64);
    take_step(handshake->step(payload.bytes.value_or("")));
}

void Session::Impl::take_step(SaslStep step) {
    if (const auto* challenge = std::get_if<SaslChallenge>(&step))
        return append("<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + to_base64(challenge->data) +
                      "</challenge>");
    if (auto* lookup = std::get_if<SaslLookup>(&step))
        return look_up(std::move(*lookup));
    handshake.reset();
    if (auto* claim = std::get_if<SaslVerify>(&step))
        return verify(std::move(*claim));
    if (const auto* success = std::get_if<SaslSuccess>(&step))
        return accept_login(*success);
    refuse_login(std::get<SaslFailure>(step));
}

void Session::Impl::verify(SaslVerify claim) {
    auto answer = expect<LoginAnswer>([username = claim.username](Impl& session, LoginAnswer is_it) {
        // No word about what was wrong: a name that exists and one that does not look the same.
        if (is_it == LoginAnswer::right)
            session.accept_login({username});
        else if (is_it == LoginAnswer::wrong)
            session.refuse_login({"not-authorized", "", username});
        else
            session.refuse_login(cannot_be_judged);
    });
    host.authenticate(self, std::move(claim.username), std::move(claim.password), std::move(answer));
}

void Session::Impl::look_up(SaslLookup lookup) {
    if (!host.find_verifier)
        return refuse_login(cannot_be_judged);
    auto answer = expect<std::optional<ScramVerifier>>([](Impl& session, std::optional<ScramVerifier> found) {
        if (found && session.handshake)
            session.take_step(session.handshake->on_verifier(std::move(*found)));
        else
            session.refuse_login(cannot_be_judged);
    });
    host.find_verifier(self, std::move(lookup.username), lookup.hash, std::move(answer));
}

void Session::Impl::accept_login(const SaslSuccess& success) {
    if (success.data.empty())
        append("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
    else
        append("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + to_base64(success.data) + "</success>");
    is_anonymous = success.anonymous;
    become(success.username);
    has_sent_header = false;
    pieces = pieces_before_bound;
    reader.restart();
}

/// Logged in, and not yet bound.
void Session::Impl::become(const std::string& username) {
    jid = Jid{username, options.domain, {}};
    bare = to_string(jid);
    phase = Phase::bind;
    handshake.reset();
    channel = {};  // what was needed to log in
    reader.set_limits(make_reader_limits(options.limits.stanza_bytes, "limits/stanza_bytes"));
}

/// A claim that was wrong is answered when the host says so: whoever tries many waits for each.
void Session::Impl::refuse_login(const SaslFailure& failure) {
    handshake.reset();
    if (failure.claimed.empty() || !host.delay_refusal)
        return tell_refusal(failure);
    auto answer = expect<bool>([failure](Impl& session, bool) { session.tell_refusal(failure); });
    host.delay_refusal(self, failure.claimed, std::move(answer));
}

void Session::Impl::tell_refusal(const SaslFailure& failure) {
    std::string out = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><" + failure.condition + "/>";
    if (!failure.text.empty()) {
        out += "<text xml:lang='en'>";
        append_escaped_text(out, failure.text);
        out += "</text>";
    }
    append(out + "</failure>");
    count_failed_login();
}

void Session::Impl::count_failed_login() {
    if (++failed_logins >= logins_per_stream)
        close("policy-violation", "too many failed logins");
}

}  // namespace mucbridge
