#include "xmpp/server_answers.hpp"

#include "version.hpp"
#include "xmpp/disco.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

namespace {

constexpr std::string_view software = "mucbridge";

const StanzaError not_served{Condition::service_unavailable};
const StanzaError no_such_node{Condition::item_not_found, "there are no nodes here"};

bool is(const Element& element, std::string_view name, std::string_view ns) {
    return element.ns == ns && element.name == name;
}

Element make_version() {
    Element query{"query", std::string(ns::version), {}, {}};
    query.add("name", ns::version).add_text(software);
    query.add("version", ns::version).add_text(MUCBRIDGE_VERSION);
    return query;
}

Element make_time(WallTime now) {
    Element time{"time", std::string(ns::time), {}, {}};
    time.add("tzo", ns::time).add_text("+00:00");
    time.add("utc", ns::time).add_text(to_rfc3339(now));
    return time;
}

std::vector<std::string> to_strings(std::initializer_list<std::string_view> views) {
    return {views.begin(), views.end()};
}

}  // namespace

Element ServerAnswers::answer(const Element& iq, Asked asked, bool anonymous, WallTime now) {
    const Element& child = *iq.first_child();
    if (iq.attribute("type") == "set") {
        const auto refusal = accept_set(child, asked);
        return refusal ? make_error_reply(iq, *refusal) : make_result(iq);
    }
    Answer found = answer_get(child, asked, anonymous, now);
    if (const auto* refusal = std::get_if<StanzaError>(&found))
        return make_error_reply(iq, *refusal);
    Element result = make_result(iq);
    // XEP-0199 §4.2: a pong is an empty result.
    if (Element& payload = std::get<Element>(found); !payload.name.empty())
        result.add(std::move(payload));
    return result;
}

ServerAnswers::Answer ServerAnswers::answer_get(const Element& child, Asked asked, bool anonymous, WallTime now) const {
    if (is(child, "ping", ns::ping))
        return Element{};
    if (is(child, "query", ns::disco_info))
        return describe(child, asked, anonymous);
    if (is(child, "query", ns::disco_items))
        return list(child, asked);
    if (asked != Asked::account) {
        if (is(child, "query", ns::version))
            return make_version();
        if (is(child, "time", ns::time))
            return make_time(now);
    }
    if (asked != Asked::server) {
        // Nobody has contacts or a card here, which is an answer, and one that clients wait for.
        if (is(child, "query", ns::roster) || is(child, "vCard", ns::vcard))
            return Element{child.name, child.ns, {}, {}};
        if (is(child, "query", ns::private_storage))
            return find_private(child);
    }
    return not_served;
}

std::optional<StanzaError> ServerAnswers::accept_set(const Element& child, Asked asked) {
    if (is(child, "session", ns::session) && asked != Asked::account)
        return std::nullopt;
    if (is(child, "bind", ns::bind))
        return StanzaError{Condition::not_allowed, "this stream has its resource"};
    if (asked == Asked::server)
        return not_served;
    if (is(child, "query", ns::roster))
        return StanzaError{Condition::not_allowed, "there are no contacts here, only rooms"};
    if (is(child, "vCard", ns::vcard))
        return StanzaError{Condition::not_allowed, "cards are not kept here"};
    if (is(child, "query", ns::private_storage)) {
        if (!storage_)
            storage_ = std::make_unique<PrivateStorage>();
        return storage_->set(child);
    }
    return not_served;
}

ServerAnswers::Answer ServerAnswers::describe(const Element& query, Asked asked, bool anonymous) const {
    if (!query.attribute("node").empty())
        return no_such_node;
    DiscoInfo info;
    if (asked == Asked::server) {
        info.identities = {{"server", "im", std::string(software)}};
        info.features = to_strings({ns::disco_info, ns::disco_items, ns::ping, ns::time, ns::version});
    } else {
        info.identities = {{"account", anonymous ? "anonymous" : "registered", ""}};
        info.features =
            to_strings({ns::disco_info, ns::disco_items, ns::ping, ns::private_storage, ns::roster, ns::vcard});
    }
    return to_element(info);
}

ServerAnswers::Answer ServerAnswers::list(const Element& query, Asked asked) const {
    if (!query.attribute("node").empty())
        return no_such_node;
    if (asked == Asked::server)
        return make_disco_items({{options_.rooms_domain, "", "Rooms"}});
    return make_disco_items({});
}

ServerAnswers::Answer ServerAnswers::find_private(const Element& query) const {
    return storage_ ? storage_->get(query) : PrivateStorage().get(query);
}

}  // namespace mucbridge
