#pragma once

#include <string>

#include "core/time.hpp"

namespace mucbridge {

/// A UUID version 7 (RFC 9562 §5.7): ordered by time, "01936f2c-5b3e-7c1a-9d4e-0f6a7b8c9d0e".
std::string make_uuid7(WallTime now);

/// `bytes` random bytes from the system, as lower-case hexadecimal digits (two each).
std::string make_random_hex(std::size_t bytes);

}  // namespace mucbridge
