#include "core/jid.hpp"
#include "gateway/hub.hpp"
#include "gateway/muc_stanzas.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

namespace {

/// XEP-0045 §6.4, §6.5; XEP-0421 §3; XEP-0359 §4.2; XEP-0410 §3.
DiscoInfo describe(const Room& room) {
    const RoomOptions& options = room.options();
    DiscoInfo info;
    info.identities = {{"conference", "text", options.title.empty() ? room.address().local : options.title}};
    info.features = {std::string(ns::disco_info),
                     std::string(ns::disco_items),
                     std::string(ns::muc),
                     options.hidden ? "muc_hidden" : "muc_public",
                     options.members_only ? "muc_membersonly" : "muc_open",
                     options.moderated ? "muc_moderated" : "muc_unmoderated",
                     options.semi_anonymous ? "muc_semianonymous" : "muc_nonanonymous",
                     options.password.empty() ? "muc_unsecured" : "muc_passwordprotected",
                     "muc_temporary",
                     "http://jabber.org/protocol/muc#stable_id",
                     "http://jabber.org/protocol/muc#self-ping-optimization",
                     std::string(ns::stanza_id),
                     std::string(ns::occupant_id)};
    Form form;
    form.type = "result";
    const auto add = [&form](std::string var, std::string type, std::string label, std::string value) {
        form.fields.push_back({std::move(var), std::move(type), std::move(label), {std::move(value)}, {}, false});
    };
    add("FORM_TYPE", "hidden", "", "http://jabber.org/protocol/muc#roominfo");
    add("muc#roominfo_description", "text-single", "Description", options.description);
    add("muc#roominfo_subject", "text-single", "Subject", room.subject());
    add("muc#roominfo_occupants", "text-single", "Number of occupants", std::to_string(room.occupant_count()));
    info.forms = {std::move(form)};
    return info;
}

}  // namespace

void Rooms::on_iq(const Visitor& visitor, const Element& iq, const Jid& to) {
    const std::string_view type = iq.attribute("type");
    if (type == "get" || type == "set")
        reply(visitor, answer_iq(visitor, iq, to));
}

Element Rooms::answer_iq(const Visitor& visitor, const Element& iq, const Jid& to) {
    const Host* host = find(to);
    if (!host)
        return make_error_reply(iq, {Condition::item_not_found, "There is no such room."});
    const Element* child = iq.first_child();
    const bool is_get = iq.attribute("type") == "get";
    const std::string* nick = host->room.nick_of(visitor.jid);
    if (!to.resource.empty()) {
        // XEP-0410 §3: the room answers for an occupant who pings itself; anything else would have to be relayed.
        if (!nick)
            return make_error_reply(iq, {Condition::not_acceptable, "You are not in the room."});
        if (*nick == to.resource && is_get && child->ns == ns::ping && child->name == "ping")
            return make_result(iq);
        if (!host->room.has_nick(to.resource))
            return make_error_reply(iq, {Condition::item_not_found, "There is no such occupant."});
        return make_error_reply(iq, {Condition::service_unavailable, "Rooms relay no iq between occupants."});
    }
    if (is_get && child->ns == ns::disco_info && child->attribute("node").empty())
        return make_result(iq, to_element(describe(host->room)));
    if (is_get && child->ns == ns::disco_items && child->attribute("node").empty())
        return make_result(iq, make_disco_items({}));  // XEP-0045 §6.5: occupants are private
    if (child->ns == ns::disco_info || child->ns == ns::disco_items)
        return make_error_reply(iq, {Condition::item_not_found, "This room has no such node."});
    if (is_get && child->ns == ns::ping)
        return make_result(iq);
    if (child->ns == ns::muc_owner)
        return answer_owner(visitor, iq, *host);
    return make_error_reply(iq, {Condition::service_unavailable, {}});
}

Element Rooms::answer_owner(const Visitor& visitor, const Element& iq, const Host& host) const {
    if (host.room.affiliation_of(visitor.jid.bare()) != Affiliation::owner)
        return make_error_reply(iq, {Condition::forbidden, "Only an owner may configure the room."});
    const Element* query = iq.first_child();
    Form form;
    form.type = "form";
    form.title = "Configuration of " + to_string(host.room.address());
    form.instructions = "This room has nothing to configure.";
    form.fields.push_back({"FORM_TYPE", "hidden", "", {"http://jabber.org/protocol/muc#roomconfig"}, {}, false});
    if (iq.attribute("type") == "get") {
        Element answer{"query", std::string(ns::muc_owner), {}, {}};
        answer.add(to_element(form));
        return make_result(iq, std::move(answer));
    }
    // XEP-0045 §10.1.2: an empty form accepts the room as it is.
    const Element* x = query->child("x", ns::data_form);
    if (!x)
        return make_error_reply(iq,
                                {Condition::feature_not_implemented, "Of muc#owner this room takes its form alone."});
    const auto submitted = parse_form(*x);
    if (!submitted)
        return make_error_reply(iq, {Condition::bad_request, submitted.error().text});
    for (const FormField& field : submitted->fields)
        if (field.var != "FORM_TYPE")
            return make_error_reply(iq, {Condition::not_acceptable, "This room has no setting " + field.var + "."});
    return make_result(iq);
}

}  // namespace mucbridge
