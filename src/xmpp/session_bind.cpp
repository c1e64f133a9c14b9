#include "core/unique.hpp"
#include "xml/writer.hpp"
#include "xmpp/session_impl.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

namespace {

constexpr unsigned binds_per_stream = 10;  // RFC 6120 §7.7.3: five to ten

}  // namespace

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
    become_bound(*granted);
    Element result = make_result(iq);
    result.add("bind", ns::bind).add("jid", ns::bind).add_text(full);
    queue(result);
}

void Session::Impl::become_bound(const Jid& granted) {
    jid = granted;
    full = to_string(jid);
    bare = to_string(jid.bare());
    append_attribute(to_attribute, "to", full);
    phase = Phase::bound;
}

void Session::Impl::refuse_bind(const Element& iq, const StanzaError& error) {
    queue(make_error_reply(iq, error));
    if (++failed_binds >= binds_per_stream)
        close("policy-violation", "too many requests without a resource");
}

}  // namespace mucbridge
