#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mucbridge {

/// Strict (RFC 4648 §3.2, §3.5, as RFC 6120 §6.4.3 wants it): padded, no white space, no stray bits; else nothing.
std::optional<std::string> parse_base64(std::string_view text);
std::string to_base64(std::string_view bytes);

}  // namespace mucbridge
