#pragma once

#include "core/route.hpp"
#include "xml/element.hpp"

namespace mucbridge {

class Hub;

/// Answers what is asked of the room service itself ("rooms.localhost"): disco, the list of rooms, version, ping.
/// XEP-0045 §6.
void answer_service(Hub& hub, unsigned here, const Route& from, const Element& stanza);

}  // namespace mucbridge
