#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mucbridge {

/// The candidate that `word` is most likely a slip of ("qoss": "qos"), or "" where none is near.
std::string suggest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace mucbridge
