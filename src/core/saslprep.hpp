#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mucbridge {

/// A password or a name as everyone compares it: "I\u00ADX" is "IX", "\u2168" is "IX". RFC 4013. Errors: not UTF-8,
/// empty once prepared, over 1023 bytes, with characters that a password may not hold.
Result<std::string> saslprep(std::string_view text);

}  // namespace mucbridge
