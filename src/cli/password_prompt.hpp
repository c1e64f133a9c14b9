#pragma once

#include <string>

#include "core/result.hpp"

namespace mucbridge {

/// A new password, prepared (SASLprep): at a terminal asked for twice and not shown, else one line of stdin. Errors say
/// what is wrong with it, never what it is.
Result<std::string> read_new_password(const std::string& whose);

}  // namespace mucbridge
