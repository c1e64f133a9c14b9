#include "core/unique.hpp"
#include "xml/writer.hpp"
#include "xmpp/base64.hpp"
#include "xmpp/session_impl.hpp"
#include "xmpp/stanza_reply.hpp"
#include "xmpp/stream.hpp"

namespace mucbridge {

namespace {

constexpr unsigned logins_per_stream = 3;  // RFC 6120 §6.4.5: two to five retries
constexpr unsigned binds_per_stream = 10;  // RFC 6120 §7.7.3: five to ten

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

void Session::Impl::on_login_element(const Element& element) {
    if (element.ns == ns::sasl)
        return on_sasl(element);
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
    handshake = SaslHandshake::begin(auth.attribute("mechanism"), options.login, options.domain);
    if (!handshake)
        return refuse_login({"invalid-mechanism", "want one of the mechanisms on offer"});
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
    handshake.reset();
    if (auto* claim = std::get_if<SaslVerify>(&step))
        return verify(std::move(*claim));
    if (const auto* success = std::get_if<SaslSuccess>(&step))
        return accept_login(success->username, success->anonymous);
    refuse_login(std::get<SaslFailure>(step));
}

void Session::Impl::verify(SaslVerify claim) {
    auto answer = expect<LoginAnswer>([username = claim.username](Impl& session, LoginAnswer is_it) {
        // No word about what was wrong: a name that exists and one that does not look the same.
        if (is_it == LoginAnswer::right)
            session.accept_login(username, false);
        else
            session.refuse_login({is_it == LoginAnswer::wrong ? "not-authorized" : "temporary-auth-failure", ""});
    });
    host.authenticate(self, std::move(claim.username), std::move(claim.password), std::move(answer));
}

void Session::Impl::accept_login(const std::string& username, bool anonymous) {
    append("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
    jid = Jid{username, options.domain, {}};
    bare = to_string(jid);
    is_anonymous = anonymous;
    phase = Phase::bind;
    has_sent_header = false;
    pieces = pieces_before_bound;
    reader.set_limits(make_reader_limits(options.limits.stanza_bytes, "limits/stanza_bytes"));
    reader.restart();
}

void Session::Impl::refuse_login(const SaslFailure& failure) {
    handshake.reset();
    std::string out = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><" + failure.condition + "/>";
    if (!failure.text.empty()) {
        out += "<text xml:lang='en'>";
        append_escaped_text(out, failure.text);
        out += "</text>";
    }
    append(out + "</failure>");
    if (++failed_logins >= logins_per_stream)
        close("policy-violation", "too many failed logins");
}

void Session::Impl::on_bind_element(Element stanza) {
    if (stanza.ns == ns::sm)
        return on_sm_element(stanza);
    if (stanza.ns != ns::client || stanza.name != "iq")
        return refuse_element(stanza);
    const auto type = stanza.attribute("type");
    const bool is_request = type == "get" || type == "set";
    const bool is_to_server = !stanza.has_attribute("to") || stanza.attribute("to") == options.domain;
    if (!is_request || !is_to_server)
        return refuse_element(stanza);
    if (stanza.attribute("id").empty() || stanza.count_children() != 1)
        return refuse_bind(stanza, {Condition::bad_request, "want an id and one child"});
    if (type == "set" && stanza.child("bind", ns::bind) != nullptr)
        return on_bind_request(std::move(stanza));
    if (type == "set" && stanza.child("session", ns::session) != nullptr)
        return queue(make_result(stanza));
    refuse_bind(stanza, {Condition::not_allowed, "bind a resource first"});
}

void Session::Impl::on_bind_request(Element iq) {
    const Element* wish = iq.first_child()->child("resource", ns::bind);
    std::string resource = wish ? wish->text() : std::string();
    if (resource.empty()) {
        resource = make_random_hex(8);  // RFC 6120 §7.6: random
    } else {
        auto prepared = Jid::prepare_resource(resource);
        if (!prepared)
            return refuse_bind(iq, {Condition::bad_request, prepared.error().text});
        resource = std::move(*prepared);
    }
    iq.nodes.clear();
    has_asked_bind = true;
    auto answer = expect<Result<Jid>>(
        [iq = std::move(iq)](Impl& session, const Result<Jid>& granted) { session.accept_bind(iq, granted); });
    host.bind(self, std::move(resource), std::move(answer));
}

void Session::Impl::accept_bind(const Element& iq, const Result<Jid>& granted) {
    if (!granted) {
        has_asked_bind = false;
        return refuse_bind(iq, {Condition::conflict, granted.error().text});
    }
    jid = *granted;
    full = to_string(jid);
    bare = to_string(jid.bare());
    append_attribute(to_attribute, "to", full);
    phase = Phase::bound;
    Element result = make_result(iq);
    result.add("bind", ns::bind).add("jid", ns::bind).add_text(full);
    queue(result);
}

void Session::Impl::refuse_bind(const Element& iq, const StanzaError& error) {
    queue(make_error_reply(iq, error));
    if (++failed_binds >= binds_per_stream)
        close("policy-violation", "too many requests without a resource");
}

}  // namespace mucbridge
