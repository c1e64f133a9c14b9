#pragma once

#include <string>

#include "core/result.hpp"

namespace mucbridge {

/// A file's content. Errors name the path and the reason; more than `limit` bytes is one.
Result<std::string> read_file(const std::string& path, std::size_t limit);

/// A secret that stands in a file: its content without one line end at its end. An empty one is an error.
Result<std::string> read_secret(const std::string& path);

/// "", or a warning: others than the owner may read this file.
std::string why_exposed(const std::string& path);

}  // namespace mucbridge
