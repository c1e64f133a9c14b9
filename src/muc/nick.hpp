#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/stanza_error.hpp"

namespace mucbridge {

/// The form under which nicks are compared: without case (Latin, Greek, Cyrillic, Armenian), without characters that
/// show nothing, and with one blank for every gap but at the ends, so that "Romeo", "ROMEO ", "Ro" U+200B "meo" are
/// one. Wants UTF-8. XEP-0045 §14.6.
std::string fold_nick(std::string_view nick);

/// Whether a nick may never be an occupant's: blank, with control or bidirectional characters, longer than
/// `characters`, or ending in `mark`, which is for what the broker's publishers say.
std::optional<StanzaError> refuse_nick(std::string_view nick, std::size_t characters, std::string_view mark);

/// How a publisher is called: "sensor" becomes "sensor [main]"; one called like the broker, "main", is just "[main]".
std::string publisher_nick(std::string_view wish, std::string_view mark);

}  // namespace mucbridge
