#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/jid.hpp"
#include "core/message.hpp"
#include "core/receipt.hpp"
#include "core/route.hpp"
#include "core/time.hpp"

namespace mucbridge {

/// The lines that came lately from sessions with stream management: whoever loses a connection sends again what was not
/// acknowledged on it, and what the room has already must not be said twice. XEP-0198 §4, §5. Lives on one loop.
class ResentLines {
public:
    /// What is to be kept for the line until it is safe; nothing where it came before, in the same words under the same
    /// id, and is not to be said again: then both count as handled together.
    std::optional<Receipt> take(const std::string& room, const Jid& bare, const Line& line, const Route& route,
                                Receipt receipt, Tick now);
    /// That session's line was refused: sent again, it is a new one.
    void forget(const std::string& room, const std::string& id, const Route& route);

private:
    static constexpr std::size_t most = 10000;
    static constexpr std::chrono::minutes remembered{15};

    using Receipts = std::vector<Receipt>;
    struct Entry {
        Jid bare;
        std::size_t words;  // their hash
        Route route;
        std::weak_ptr<Receipts> open;  // while it is not safe
        Tick taken;
    };
    using Entries = std::multimap<std::string, Entry>;

    void forget_oldest(Tick now);

    Entries entries_;                      // by room and id
    std::deque<Entries::iterator> order_;  // the oldest first; end() where one was forgotten
};

}  // namespace mucbridge
