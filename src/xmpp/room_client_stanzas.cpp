#include "xmpp/room_client_stanzas.hpp"

#include <gloox/tag.h>

#include <array>
#include <charconv>

#include "xml/element.hpp"

namespace mucbridge {
namespace {

std::string text_of(const gloox::Tag& parent, const char* name) {
    const auto* child = parent.findChild(name);
    return child == nullptr ? std::string{} : child->cdata();
}

std::string attribute_of(const gloox::Tag& parent, const char* name, std::string_view ns, const char* attribute) {
    const auto* child = parent.findChild(name, "xmlns", std::string(ns));
    return child == nullptr ? std::string{} : child->findAttribute(attribute);
}

}  // namespace

RoomLine line_of(const gloox::Tag& message, const std::string& nick) {
    RoomLine line{nick, text_of(message, "body"), message.findAttribute("id"), {}, {}, false};
    line.stanza_id = attribute_of(message, "stanza-id", ns::stanza_id, "id");
    line.delayed = attribute_of(message, "delay", ns::delay, "stamp");
    return line;
}

std::set<int> statuses_of(const gloox::Tag& presence) {
    std::set<int> codes;
    const auto* x = presence.findChild("x", "xmlns", std::string(ns::muc_user));
    if (x == nullptr)
        return codes;
    for (const auto* child : x->children()) {
        const auto& text = child->findAttribute("code");
        int code = 0;
        if (child->name() == "status" &&
            std::from_chars(text.data(), text.data() + text.size(), code).ec == std::errc{})
            codes.insert(code);
    }
    return codes;
}

RoomRefusal refusal_of(const gloox::Tag& stanza) {
    RoomRefusal refusal;
    const auto* error = stanza.findChild("error");
    if (error == nullptr)
        return refusal;
    for (const auto* child : error->children()) {
        if (child->name() == "text")
            refusal.text = child->cdata();
        else if (refusal.condition.empty())
            refusal.condition = child->name();
    }
    return refusal;
}

std::string why_removed(const std::set<int>& statuses, const gloox::Tag& presence) {
    struct Reason {
        int status;
        const char* text;
    };
    constexpr std::array reasons{Reason{301, "banned from the room"},
                                 Reason{307, "kicked from the room"},
                                 Reason{321, "out of the room: its list of affiliations changed"},
                                 Reason{322, "out of the room: it is for members only now"},
                                 Reason{332, "the service shuts down"},
                                 Reason{333, "out of the room: the connection had an error"}};
    const auto* x = presence.findChild("x", "xmlns", std::string(ns::muc_user));
    if (x != nullptr && x->hasChild("destroy"))
        return "the room was destroyed";
    for (const auto& reason : reasons)
        if (statuses.count(reason.status) > 0)
            return reason.text;
    return "out of the room";
}

}  // namespace mucbridge
