#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "core/stanza_error.hpp"
#include "xml/element.hpp"

namespace mucbridge {

/// What a client puts aside for itself, XEP-0049: kept for as long as its session, and no longer. Bounded.
class PrivateStorage {
public:
    static constexpr std::size_t limit = 64 * 1024;  // bytes of XML, all fragments together

    /// The <query/> of a set: every fragment in it replaces the one of the same name and namespace. Where
    /// one is refused, nothing changes.
    std::optional<StanzaError> set(const Element& query);
    /// The <query/> of a get: the same with what is kept, or with the empty fragment that was asked for.
    std::variant<Element, StanzaError> get(const Element& query) const;

private:
    struct Fragment {
        Element element;
        std::size_t bytes;
    };
    std::vector<Fragment> fragments_;
};

}  // namespace mucbridge
