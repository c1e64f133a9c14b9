#pragma once

#include <optional>

#include "core/stanza_error.hpp"
#include "xml/element.hpp"

namespace mucbridge {

/// What is wrong with the shape of a message, presence or iq, whichever door it came through: a presence of a type that
/// nobody knows (RFC 6121 §4.7.1), an iq without type, id or its one child (RFC 6120 §8.2.3).
std::optional<StanzaError> judge_shape(const Element& stanza);

}  // namespace mucbridge
