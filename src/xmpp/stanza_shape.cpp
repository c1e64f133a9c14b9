#include "xmpp/stanza_shape.hpp"

#include <algorithm>
#include <array>

namespace mucbridge {

namespace {

/// Without `type` a presence says "available".
constexpr std::array<std::string_view, 7> presence_types{"unavailable",  "subscribe", "subscribed", "unsubscribe",
                                                         "unsubscribed", "probe",     "error"};

std::optional<StanzaError> judge_presence(const Element& presence) {
    if (!presence.has_attribute("type") ||
        std::find(presence_types.begin(), presence_types.end(), presence.attribute("type")) != presence_types.end())
        return std::nullopt;
    return StanzaError{Condition::bad_request, "want a type of presence that RFC 6121 knows, or none"};
}

std::optional<StanzaError> judge_iq(const Element& iq) {
    const auto type = iq.attribute("type");
    const bool is_request = type == "get" || type == "set";
    if (!is_request && type != "result" && type != "error")
        return StanzaError{Condition::bad_request, "want type get, set, result or error"};
    if (iq.attribute("id").empty())
        return StanzaError{Condition::bad_request, "want an id"};
    if (is_request && iq.count_children() != 1)
        return StanzaError{Condition::bad_request, "want exactly one child"};
    return std::nullopt;
}

}  // namespace

std::optional<StanzaError> judge_shape(const Element& stanza) {
    if (stanza.name == "presence")
        return judge_presence(stanza);
    return stanza.name == "iq" ? judge_iq(stanza) : std::nullopt;
}

}  // namespace mucbridge
