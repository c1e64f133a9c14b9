#include "xmpp/session_impl.hpp"
#include "xmpp/stanza_reply.hpp"
#include "xmpp/stanza_shape.hpp"

namespace mucbridge {

namespace {

const StanzaError nobody_here{Condition::service_unavailable, "the server itself takes no such stanza"};

}  // namespace

void Session::Impl::on_bound_element(Element stanza) {
    if (stanza.ns == ns::sm)
        return on_sm_element(stanza);
    if (stanza.ns == ns::csi)
        return on_client_state(stanza);
    const bool is_message = stanza.name == "message";
    const bool is_presence = stanza.name == "presence";
    if (stanza.ns != ns::client || (!is_message && !is_presence && stanza.name != "iq"))
        return refuse_element(stanza);
    const std::uint64_t counted = sm ? sm->on_received() : 0;
    line_in_hand = is_message && stanza.attribute("type") == "groupchat" ? counted : 0;
    const bool is_line = line_in_hand != 0;
    take_in(std::move(stanza));
    // A line that the host has taken counts when it is safe; anything else counts now.
    const bool is_taken = is_line && line_in_hand == 0;
    line_in_hand = 0;
    if (counted != 0 && !is_taken)
        sm->on_handled(counted);
}

void Session::Impl::take_in(Element stanza) {
    if (!stamp(stanza))
        return close("invalid-from", "want your own JID, or no from at all");
    Jid to;
    const bool has_to = stanza.has_attribute("to");
    if (has_to) {
        auto parsed = Jid::parse(stanza.attribute("to"));
        if (!parsed)
            return refuse(stanza, {Condition::jid_malformed, parsed.error().text}, options.domain);
        to = std::move(*parsed);
    }
    const Jid* const addressee = has_to ? &to : nullptr;
    if (stanza.name == "message")
        return on_message(std::move(stanza), addressee);
    if (stanza.name == "presence")
        return on_presence(std::move(stanza), addressee);
    on_iq(std::move(stanza), addressee);
}

/// RFC 6120 §8.1.2.1 and §8.1.5: the full JID as `from`, the stream's language where the stanza names none. False where
/// it claims to be from somebody else.
bool Session::Impl::stamp(Element& stanza) {
    if (stanza.has_attribute("from")) {
        const auto claimed = stanza.attribute("from");
        if (claimed != full && claimed != bare) {
            const auto parsed = Jid::parse(claimed);
            if (!parsed || (*parsed != jid && *parsed != jid.bare()))
                return false;
        }
    }
    stanza.set("from", full);
    if (!lang.empty() && stanza.name != "iq" && stanza.lang().empty())
        stanza.attributes.push_back({"lang", std::string(ns::xml), lang});
    return true;
}

void Session::Impl::pass_on(Element stanza) {
    const std::uint64_t line = std::exchange(line_in_hand, 0);
    host.on_stanza(self, std::move(stanza), line);
}

void Session::Impl::on_message(Element stanza, const Jid* to) {
    if (to != nullptr && is_server(*to))
        return refuse(stanza, nobody_here);
    // RFC 6120 §10.3.1: without `to` it is for the sender's own account.
    if (to == nullptr)
        stanza.set("to", bare);
    pass_on(std::move(stanza));
}

void Session::Impl::on_presence(Element stanza, const Jid* to) {
    if (const auto error = judge_shape(stanza))
        return refuse(stanza, *error);
    if (to != nullptr && is_server(*to)) {
        if (stanza.attribute("type") != "unavailable")
            refuse(stanza, nobody_here);
        return;
    }
    pass_on(std::move(stanza));
}

void Session::Impl::on_iq(Element stanza, const Jid* to) {
    if (const auto error = judge_shape(stanza))
        return refuse(stanza, *error);
    const bool is_for_server = to != nullptr && is_server(*to);
    const bool is_for_account = to != nullptr && is_own_account(*to);
    if (to != nullptr && !is_for_server && !is_for_account)
        return pass_on(std::move(stanza));
    const auto type = stanza.attribute("type");
    if (type != "get" && type != "set")
        return;  // nothing was asked of this session by its server
    if (to != nullptr && !to->is_bare())
        return refuse(stanza, nobody_here);
    answer_iq(stanza, is_for_server ? Asked::server : is_for_account ? Asked::account : Asked::either);
}

void Session::Impl::answer_iq(const Element& iq, Asked asked) {
    queue(answers.answer(iq, asked, is_anonymous, now.wall));
}

void Session::Impl::refuse(const Element& stanza, const StanzaError& error, std::string_view by) {
    if (may_be_refused(stanza))
        queue(make_error_reply(stanza, error, by));
}

}  // namespace mucbridge
