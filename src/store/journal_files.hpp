#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace mucbridge {

// The journal's files. Errors name the path, and say what the system says of it.

Error system_error(const std::string& path, const char* wish);
/// Of write(), which took fewer bytes than it was given.
Error write_error(const std::string& path, ssize_t written);

/// Named by the first number that it may hold, so that names sort as their entries do.
std::string segment_path(const std::string& directory, std::uint64_t first);
/// Sorted.
Result<std::vector<std::string>> find_segments(const std::string& directory);
Result<std::string> read_whole(const std::string& path);

}  // namespace mucbridge
