#pragma once

#include <string>
#include <string_view>

#include "core/time.hpp"

namespace mucbridge {

/// A UUID version 7 (RFC 9562 §5.7): ordered by time, "01936f2c-5b3e-7c1a-9d4e-0f6a7b8c9d0e".
std::string make_uuid7(WallTime now);

/// A UUID version 8 (RFC 9562 §5.8), the same wherever it is made of the same words. It is no secret and no proof.
std::string make_uuid8(std::string_view words);
bool is_uuid8(std::string_view text);

/// `bytes` random bytes from the system, as lower-case hexadecimal digits (two each).
std::string make_random_hex(std::size_t bytes);

}  // namespace mucbridge
