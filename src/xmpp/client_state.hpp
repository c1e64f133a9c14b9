#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace mucbridge {

/// What an inactive client need not be woken for: presence, but its own in a room, and chat states. XEP-0352.
bool may_wait(std::string_view stanza);

/// What waits for an inactive client until it is active again, or is told something that cannot wait: that comes
/// behind.
class HeldBack {
public:
    /// False: there is no more room.
    bool add(std::string stanza);
    bool empty() const { return stanzas_.empty(); }
    /// All of it, in order; nothing is held any longer.
    std::vector<std::string> take();

private:
    static constexpr std::size_t most_bytes = 64 * 1024;
    std::vector<std::string> stanzas_;
    std::size_t bytes_ = 0;
};

}  // namespace mucbridge
