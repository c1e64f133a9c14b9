#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/time.hpp"

namespace mucbridge {

/// What was given to one mirror and may come back from there. It is known again by its id or, where nothing but text
/// comes back, by its text, first in first out.
class Copies {
public:
    Copies() = default;
    Copies(Copies&&) = default;
    Copies& operator=(Copies&&) = default;

    void add(std::string id, std::string_view text);
    /// Given to the mirror, and not settled yet.
    bool is_on_its_way(const std::string& id) const { return by_id_.contains(id); }
    /// Its broker has it, or never will. It is known by its text until then; none: no longer.
    void settle(const std::string& id, std::optional<Tick> known_until);
    /// Whether this is one of them, back by its text: the oldest is, once.
    bool take(std::string_view text, Tick now);
    /// Of those that are not settled.
    std::size_t on_their_way() const { return by_id_.size(); }

private:
    struct Copy {
        std::string id;
        std::pair<std::size_t, std::uint64_t> text;  // hash and number
        bool is_back = false;
        Tick known_until{};
    };
    using List = std::list<Copy>;
    void forget_text(List::iterator copy);
    void forget(Tick now);

    List unsettled_, settled_;  // the latter by known_until
    std::unordered_map<std::string_view, List::iterator> by_id_;
    std::map<std::pair<std::size_t, std::uint64_t>, List::iterator> by_text_;
    std::uint64_t next_number_ = 1;
};

}  // namespace mucbridge
