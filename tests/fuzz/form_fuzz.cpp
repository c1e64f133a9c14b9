// Stanzas of a room's users, read from XML and understood: forms, rights, invitations, lines. What is understood is
// within bounds, and what is written of it reads back equal.
#include <algorithm>
#include <string>

#include "core/utf8.hpp"
#include "fuzz/check.hpp"
#include "fuzz/input.hpp"
#include "gateway/muc_requests.hpp"
#include "gateway/registration_form.hpp"
#include "gateway/rights_items.hpp"
#include "gateway/room_form.hpp"
#include "gateway/voice_form.hpp"
#include "xml/reader.hpp"
#include "xml/writer.hpp"
#include "xmpp/forms.hpp"
#include "xmpp/rsm.hpp"
#include "xmpp/stanza_reply.hpp"
#include "xmpp/stanza_shape.hpp"

namespace mucbridge::fuzz {
namespace {

const Jid room{"garden", "rooms.localhost", ""};
constexpr std::size_t most_users = 5000;

std::vector<Element> read(std::string_view stanzas) {
    std::vector<Element> found;
    Reader reader({.on_header = {},
                   .on_stanza = [&](Element stanza) { found.push_back(std::move(stanza)); },
                   .on_end = {},
                   .on_error = {}},
                  {});
    reader.feed("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>");
    reader.feed(stanzas);
    return found;
}

void check_refusal(const Element& stanza, const StanzaError& error) {
    check(is_xml_text(error.text), "a refusal can be sent", error.text);
    check(read(to_string(make_error_reply(stanza, error), ns::client)).size() == 1, "a refusal is one stanza");
}

bool same(const Form& one, const Form& other) {
    const auto same_option = [](const FormOption& a, const FormOption& b) {
        return a.label == b.label && a.value == b.value;
    };
    const auto same_field = [&](const FormField& a, const FormField& b) {
        return a.var == b.var && a.type == b.type && a.label == b.label && a.values == b.values &&
               a.required == b.required &&
               std::equal(a.options.begin(), a.options.end(), b.options.begin(), b.options.end(), same_option);
    };
    return one.type == other.type && one.title == other.title && one.instructions == other.instructions &&
           std::equal(one.fields.begin(), one.fields.end(), other.fields.begin(), other.fields.end(), same_field);
}

void check_room_form(const Element& stanza, const Form& form) {
    const auto parsed = parse_room_form(form, {}, most_users);
    if (const auto* error = std::get_if<StanzaError>(&parsed))
        return check_refusal(stanza, *error);
    const auto& options = std::get<RoomOptions>(parsed);
    check(options.max_users <= most_users && options.title.size() <= 256 && options.password.size() <= 256,
          "options are within their bounds");
    Form filled = make_room_form(room, options, most_users);
    filled.type = "submit";
    const auto again = parse_room_form(filled, {}, most_users);
    const auto* kept = std::get_if<RoomOptions>(&again);
    check(kept != nullptr && *kept == options, "a form that is shown and submitted changes nothing");
}

void check_form(const Element& stanza, const Element& x) {
    const auto form = parse_form(x);
    if (!form)
        return check_refusal(stanza, {Condition::bad_request, form.error().text});
    const auto written = read(to_string(to_element(*form), ns::client));
    check(written.size() == 1, "a form that is written is one element");
    const auto again = parse_form(written.front());
    check(again && same(*again, *form), "a form that is written reads back equal");
    check_room_form(stanza, *form);
    const auto nick = parse_registration_form(*form);
    if (const auto* error = std::get_if<StanzaError>(&nick))
        check_refusal(stanza, *error);
    const auto voice = parse_voice_form(*form);
    if (const auto* error = std::get_if<StanzaError>(&voice))
        check_refusal(stanza, *error);
}

void check_rights(const Element& stanza, const Element& query) {
    const auto parsed = parse_rights(query);
    if (const auto* error = std::get_if<StanzaError>(&parsed))
        return check_refusal(stanza, *error);
    for (const RightsItem& item : std::get<std::vector<RightsItem>>(parsed)) {
        check(item.role.has_value() != item.affiliation.has_value(), "an item has one of role and affiliation");
        check(item.jid.has_value() || !item.nick.empty(), "an item tells whom");
        check(is_xml_text(item.reason), "a reason is XML text");
    }
    const auto wish = parse_rights_wish(query);
    if (const auto* error = std::get_if<StanzaError>(&wish))
        check_refusal(stanza, *error);
}

void check_mediated(const Element& stanza, const Element& x) {
    const auto parsed = parse_mediated(x);
    if (const auto* error = std::get_if<StanzaError>(&parsed))
        return check_refusal(stanza, *error);
    if (const auto* invites = std::get_if<std::vector<InviteRequest>>(&parsed)) {
        check(!invites->empty(), "an invitation invites somebody");
        for (const InviteRequest& invite : *invites)
            check(Jid::parse(to_string(invite.to)).has_value(), "who is invited has an address");
    }
}

bool is_room(std::string_view text) {
    const auto jid = Jid::parse(text);
    return jid && *jid == room;
}

/// Every other child of a line or presence, as others will get it: XML, and nothing that only the room may say.
void check_extra(const Bytes& extra, bool is_line) {
    if (!extra)
        return;
    const auto children = read(*extra);
    check(!children.empty(), "what is shown beside a line is XML", *extra);
    for (const Element& child : children) {
        check(child.ns != ns::occupant_id && child.ns != ns::muc_user, "nobody speaks for the room", *extra);
        const bool is_stamp = child.ns == ns::delay && is_room(child.attribute("from"));
        const bool is_id = child.ns == ns::stanza_id && child.name == "stanza-id" && is_room(child.attribute("by"));
        check(!is_line || (!is_stamp && !is_id), "nobody stamps a line for the room", *extra);
    }
}

void check_stanza(const Element& stanza) {
    if (const auto error = judge_shape(stanza))
        check_refusal(stanza, *error);
    const Line line = parse_line(stanza, room);
    check(!line.body || (is_xml_text(*line.body) && !line.body->empty()), "a body is text, and some");
    check_extra(line.extra, true);
    check_extra(parse_join(stanza, "nick").extra, false);
    check_extra(parse_presence_extra(stanza), false);
    for (const Node& node : stanza.nodes) {
        const Element* child = node.element();
        if (child == nullptr)
            continue;
        check_form(stanza, *child);
        check_rights(stanza, *child);
        check_mediated(stanza, *child);
        if (const auto wish = parse_page_wish(*child); wish && *wish) {
            const std::vector<std::string> names{"a", "b", "b/c", "d"};
            const Page page = choose_page(names, **wish, 3);
            check(page.first <= page.end && page.end <= names.size() && page.size() <= 3,
                  "a page is a part of the list");
            make_page_set(names, page);
        }
    }
}

}  // namespace
}  // namespace mucbridge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mucbridge::fuzz;
    for (const mucbridge::Element& stanza : read(Input(data, size).rest()))
        check_stanza(stanza);
    return 0;
}
