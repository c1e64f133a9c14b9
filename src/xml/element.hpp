#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mucbridge {

/// One attribute; `ns` is empty for an unprefixed one.
struct Attribute {
    std::string name, ns, value;
};

struct Node;

/// A small tree of XML: what one stanza is while it is being looked at. Namespaces are resolved; prefixes are
/// forgotten.
struct Element {
    std::string name, ns;
    std::vector<Attribute> attributes;
    std::vector<Node> nodes;  // children and text, in order

    /// The value of an unprefixed attribute, or "" where it is absent.
    std::string_view attribute(std::string_view wanted) const;
    bool has_attribute(std::string_view wanted) const;
    /// xml:lang of this very element, or "".
    std::string_view lang() const;
    Element& set(std::string_view attribute_name, std::string_view value);  // unprefixed; replaces
    void remove_attribute(std::string_view unwanted);

    /// The first child of that name in that namespace, or null.
    const Element* child(std::string_view wanted, std::string_view wanted_ns) const;
    Element* child(std::string_view wanted, std::string_view wanted_ns);
    /// The first child element whatever it is, or null.
    const Element* first_child() const;
    std::size_t count_children() const;
    /// The text directly inside, without that of children.
    std::string text() const;

    Element& add(Element child);  // returns the added child
    Element& add(std::string_view child_name, std::string_view child_ns);
    Element& add_text(std::string_view text);  // returns *this
};

struct Node {
    std::variant<std::string, Element> value;
    const Element* element() const { return std::get_if<Element>(&value); }
    Element* element() { return std::get_if<Element>(&value); }
    const std::string* text() const { return std::get_if<std::string>(&value); }
};

namespace ns {
inline constexpr std::string_view client = "jabber:client";
inline constexpr std::string_view component = "jabber:component:accept";
inline constexpr std::string_view streams = "http://etherx.jabber.org/streams";
inline constexpr std::string_view stream_errors = "urn:ietf:params:xml:ns:xmpp-streams";
inline constexpr std::string_view stanza_errors = "urn:ietf:params:xml:ns:xmpp-stanzas";
inline constexpr std::string_view sasl = "urn:ietf:params:xml:ns:xmpp-sasl";
inline constexpr std::string_view tls = "urn:ietf:params:xml:ns:xmpp-tls";
inline constexpr std::string_view sm = "urn:xmpp:sm:3";
inline constexpr std::string_view csi = "urn:xmpp:csi:0";
inline constexpr std::string_view bind = "urn:ietf:params:xml:ns:xmpp-bind";
inline constexpr std::string_view session = "urn:ietf:params:xml:ns:xmpp-session";
inline constexpr std::string_view disco_info = "http://jabber.org/protocol/disco#info";
inline constexpr std::string_view disco_items = "http://jabber.org/protocol/disco#items";
inline constexpr std::string_view muc = "http://jabber.org/protocol/muc";
inline constexpr std::string_view muc_user = "http://jabber.org/protocol/muc#user";
inline constexpr std::string_view muc_owner = "http://jabber.org/protocol/muc#owner";
inline constexpr std::string_view muc_admin = "http://jabber.org/protocol/muc#admin";
inline constexpr std::string_view stanza_id = "urn:xmpp:sid:0";
inline constexpr std::string_view occupant_id = "urn:xmpp:occupant-id:0";
inline constexpr std::string_view reply = "urn:xmpp:reply:0";
inline constexpr std::string_view delay = "urn:xmpp:delay";
inline constexpr std::string_view conference = "jabber:x:conference";
inline constexpr std::string_view registration = "jabber:iq:register";
inline constexpr std::string_view rsm = "http://jabber.org/protocol/rsm";
inline constexpr std::string_view data_form = "jabber:x:data";
inline constexpr std::string_view ping = "urn:xmpp:ping";
inline constexpr std::string_view version = "jabber:iq:version";
inline constexpr std::string_view time = "urn:xmpp:time";
inline constexpr std::string_view roster = "jabber:iq:roster";
inline constexpr std::string_view private_storage = "jabber:iq:private";
inline constexpr std::string_view vcard = "vcard-temp";
inline constexpr std::string_view xml = "http://www.w3.org/XML/1998/namespace";
}  // namespace ns

}  // namespace mucbridge
