#pragma once

#include <string>
#include <utility>

#include "core/config.hpp"

namespace mucbridge {

/// The rule that says no more than this.
inline RuleConfig pair(std::string room, std::string topic) {
    RuleConfig config;
    config.room = std::move(room);
    config.topic = std::move(topic);
    return config;
}

}  // namespace mucbridge
