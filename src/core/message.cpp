#include "core/message.hpp"

#include <algorithm>

namespace mucbridge {

const std::string* Delivery::property(std::string_view name) const {
    const auto found = std::find_if(properties.begin(), properties.end(),
                                    [&](const auto& property) { return property.first == name; });
    return found == properties.end() ? nullptr : &found->second;
}

}  // namespace mucbridge
