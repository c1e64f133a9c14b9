#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.hpp"
#include "core/result.hpp"

namespace mucbridge {

/// How a rule names publishers: "{topic.1}", "sensor {topic.2}". {topic.0} is the first level of the address.
class NickTemplate {
public:
    static Result<NickTemplate> parse(std::string_view text);
    /// None where the template is empty or the address has no such level.
    std::optional<std::string> fill(std::string_view address, AddressKind kind = AddressKind::topic) const;

private:
    struct Part {
        std::string text;
        std::optional<std::size_t> level;  // after the text
    };
    std::vector<Part> parts_;
};

}  // namespace mucbridge
