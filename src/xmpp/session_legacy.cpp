#include "core/unique.hpp"
#include "xmpp/session_impl.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

namespace {

constexpr std::string_view legacy_auth = "jabber:iq:auth";

std::string text_of(const Element& query, std::string_view name) {
    const Element* field = query.child(name, legacy_auth);
    return field ? field->text() : std::string();
}

const StanzaError wrong{Condition::not_authorized, {}};
const StanzaError incomplete{Condition::not_acceptable, "want username, password and resource"};

}  // namespace

/// XEP-0078, for clients that know nothing newer: by an option, and under TLS alone, since the password is sent as it
/// is. A digest cannot be checked against what is kept of a password.
bool Session::Impl::is_legacy_auth(const Element& element) const {
    const auto type = element.attribute("type");
    return (type == "get" || type == "set") && options.legacy_auth && channel.is_encrypted &&
           element.ns == ns::client && element.name == "iq" && element.child("query", legacy_auth) != nullptr;
}

void Session::Impl::on_legacy_auth(const Element& iq) {
    const Element& query = *iq.child("query", legacy_auth);
    if (iq.attribute("type") == "get") {
        Element result = make_result(iq);
        Element& fields = result.add("query", legacy_auth);
        for (const std::string_view name : {"username", "password", "resource"})
            fields.add(name, legacy_auth);
        return queue(result);
    }
    const std::string resource = text_of(query, "resource");
    const auto prepared = Jid::prepare_resource(resource);
    const auto name = parse_login_name(text_of(query, "username"));
    Element request = iq;
    request.nodes.clear();
    if (iq.attribute("id").empty() || !prepared || query.child("password", legacy_auth) == nullptr ||
        options.login == Login::anonymous)
        return refuse_legacy_auth(request, incomplete, {});
    if (!name)
        return refuse_legacy_auth(request, wrong, {});
    auto answer =
        expect<LoginAnswer>([request, username = *name, resource = *prepared](Impl& session, LoginAnswer is_it) {
            if (is_it == LoginAnswer::right)
                session.accept_legacy_auth(request, username, resource);
            else if (is_it == LoginAnswer::wrong)
                session.refuse_legacy_auth(request, wrong, username);
            else
                session.refuse_legacy_auth(request, {Condition::internal_server_error, "try again later"}, {});
        });
    host.authenticate(self, *name, text_of(query, "password"), std::move(answer));
}

void Session::Impl::accept_legacy_auth(const Element& iq, const std::string& username, const std::string& resource) {
    become(username);
    has_asked_bind = true;
    auto answer = expect<Result<Jid>>([iq](Impl& session, const Result<Jid>& granted) {
        if (granted) {
            session.become_bound(*granted);
            return session.queue(make_result(iq));
        }
        session.has_asked_bind = false;
        session.queue(make_error_reply(iq, {Condition::conflict, granted.error().text}));
        session.close({}, {});
    });
    host.bind(self, resource, std::move(answer));
}

/// `claimed`: the name, where it came with a wrong password.
void Session::Impl::refuse_legacy_auth(const Element& iq, const StanzaError& error, const std::string& claimed) {
    const auto tell = [iq, error](Impl& session, bool) {
        session.queue(make_error_reply(iq, error));
        session.count_failed_login();
    };
    if (claimed.empty() || !host.delay_refusal)
        return tell(*this, true);
    host.delay_refusal(self, claimed, expect<bool>(tell));
}

}  // namespace mucbridge
