#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace mucbridge {

class Problems;

/// Reads JSON (RFC 8259) strictly: no comments, no key twice in one object, at most 1 MiB and 16 levels. None: the
/// errors name line and column; a key that stands twice is an error with its path.
std::optional<nlohmann::json> parse_json(std::string_view text, Problems& problems);

/// What was found, for an error: `7`, `"seven"`, `a list`.
std::string describe(const nlohmann::json& value);
/// The same without the value, which may be a secret: `a number`, `text`, `a list`.
std::string describe_type(const nlohmann::json& value);

}  // namespace mucbridge
