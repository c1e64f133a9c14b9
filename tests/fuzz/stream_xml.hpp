#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mucbridge::stream_fuzz {

/// One element as expat alone sees it: nothing of the gateway's own XML is in the way of a second opinion.
struct Xml {
    std::string name, ns, text;                                   // the text directly inside
    std::vector<std::pair<std::string, std::string>> attributes;  // "to", or "NAMESPACE\nlang"
    std::vector<Xml> children;

    const std::string* find(std::string_view attribute) const;
    std::string attribute(std::string_view wanted) const;  // "" where it is absent
    const Xml* child(std::string_view wanted, std::string_view wanted_ns) const;
    std::size_t count(std::string_view wanted, std::string_view wanted_ns) const;
    bool is(std::string_view wanted, std::string_view wanted_ns) const { return name == wanted && ns == wanted_ns; }
};

inline constexpr std::string_view client_ns = "jabber:client", muc_ns = "http://jabber.org/protocol/muc",
                                  user_ns = "http://jabber.org/protocol/muc#user",
                                  owner_ns = "http://jabber.org/protocol/muc#owner",
                                  admin_ns = "http://jabber.org/protocol/muc#admin", sid_ns = "urn:xmpp:sid:0",
                                  occupant_id_ns = "urn:xmpp:occupant-id:0", delay_ns = "urn:xmpp:delay",
                                  form_ns = "jabber:x:data", streams_ns = "http://etherx.jabber.org/streams",
                                  stanza_errors_ns = "urn:ietf:params:xml:ns:xmpp-stanzas",
                                  stream_errors_ns = "urn:ietf:params:xml:ns:xmpp-streams";

/// One direction of a stream.
class XmlStream {
public:
    XmlStream();
    ~XmlStream();
    XmlStream(XmlStream&&) noexcept;
    XmlStream& operator=(XmlStream&&) noexcept;

    void feed(std::string_view bytes);
    /// First-level elements that were completed since the last call.
    std::vector<Xml> take();

    bool is_broken() const;  // no XML with namespaces
    bool has_ended() const;  // </stream:stream>
    /// Of what was fed so far: what XMPP forbids (a comment, an instruction, a DOCTYPE), or text between stanzas.
    bool is_odd() const;
    // The most that one stanza had, finished or not.
    std::size_t most_bytes() const;
    std::size_t most_depth() const;
    std::size_t most_attributes() const;
    std::size_t most_nodes() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

std::string escape(std::string_view text);

}  // namespace mucbridge::stream_fuzz
