#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mucbridge {

/// What each rule by itself does not show: what several of them do together.
struct Finding {
    std::size_t rule;
    std::string key;   // "room", "write", "mirrors"
    std::string text;  // "is never reached, ..."
    bool is_error;     // lines would go round; else it is legal, and probably not meant
};

}  // namespace mucbridge
