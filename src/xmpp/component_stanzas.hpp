#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/stanza_error.hpp"
#include "xml/element.hpp"

namespace mucbridge {

/// Why a stanza that a server handed to its component is not for us.
struct ArrivalRefusal {
    StanzaError error;
    bool may_answer = true;  // false: there is nobody to tell
};

/// Makes of a server's stanza what a client's session would hand over: in "jabber:client" throughout, `from` and `to`
/// prepared JIDs, `to` at `domain`, shaped as RFC 6120 and 6121 want it. XEP-0114 §3: both addresses must be there.
/// Where it may be answered after a refusal, the answer's `from` is at `domain`.
std::optional<ArrivalRefusal> judge_arrival(Element& stanza, const std::string& domain);

/// Why these bytes must not go out as a stanza of the component at `domain`, or "". One bad byte, or a `from`
/// elsewhere, and the server would drop the whole link. That they are well-formed is the promise of whoever wrote them.
std::string_view why_not_sent(std::string_view stanza, std::string_view domain);

}  // namespace mucbridge
