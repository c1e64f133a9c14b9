#include "xmpp/component_stanzas.hpp"

#include "core/jid.hpp"
#include "core/utf8.hpp"
#include "xmpp/stanza_shape.hpp"

namespace mucbridge {

namespace {

/// Prosody ends the link for more (component_stanza_size_limit, 512 KiB unless configured).
constexpr std::size_t longest_stanza = 500 * 1024;

void move_to_client_namespace(Element& element) {
    if (element.ns == ns::component)
        element.ns = ns::client;
    for (Node& node : element.nodes)
        if (Element* child = node.element())
            move_to_client_namespace(*child);
}

Result<Jid> prepare_address(Element& stanza, std::string_view attribute) {
    auto jid = Jid::parse(stanza.attribute(attribute));
    if (jid)
        stanza.set(attribute, to_string(*jid));
    return jid;
}

/// The value, as it is written, of an attribute of the stanza's own tag. Our writer leaves no quote in a value.
std::string_view written_attribute(std::string_view tag, std::string_view beginning) {
    const auto at = tag.find(beginning);
    if (at == std::string_view::npos)
        return {};
    tag.remove_prefix(at + beginning.size());
    return tag.substr(0, tag.find('\''));
}

std::string_view domain_of(std::string_view jid) {
    jid = jid.substr(0, jid.find('/'));
    return jid.substr(jid.find('@') + 1);  // npos + 1 is 0
}

bool is_kind_of_stanza(std::string_view tag) {
    return tag.starts_with("<message ") || tag.starts_with("<presence ") || tag.starts_with("<iq ");
}

}  // namespace

std::optional<ArrivalRefusal> judge_arrival(Element& stanza, const std::string& domain) {
    move_to_client_namespace(stanza);
    const auto from = prepare_address(stanza, "from");
    if (!from)
        return ArrivalRefusal{{Condition::jid_malformed, "from: " + from.error().text}, false};
    if (from->domain == domain)
        return ArrivalRefusal{{Condition::not_allowed, "it is from ourselves"}, false};
    const auto to = prepare_address(stanza, "to");
    if (!to || to->domain != domain) {
        stanza.set("to", domain);
        if (!to)
            return ArrivalRefusal{{Condition::jid_malformed, "to: " + to.error().text}};
        return ArrivalRefusal{{Condition::item_not_found, "this is " + domain}};
    }
    if (auto error = judge_shape(stanza))
        return ArrivalRefusal{*std::move(error)};
    return std::nullopt;
}

std::string_view why_not_sent(std::string_view stanza, std::string_view domain) {
    const std::string_view tag = stanza.substr(0, stanza.find('>'));
    if (!is_kind_of_stanza(tag) || !stanza.ends_with('>'))
        return "it is no whole message, presence or iq";
    if (stanza.size() > longest_stanza)
        return "it is longer than servers take";
    if (domain_of(written_attribute(tag, " from='")) != domain)
        return "it is not from our domain";
    if (written_attribute(tag, " to='").empty())
        return "it is to nobody";
    return is_xml_text(stanza) ? "" : "it holds what is not XML text";
}

}  // namespace mucbridge
