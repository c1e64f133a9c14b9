#include "core/address.hpp"

namespace mucbridge {

Levels split_address(std::string_view address, AddressKind kind) {
    const char separator = spelling_of(kind).separator;
    Levels levels;
    for (;;) {
        const auto end = address.find(separator);
        levels.emplace_back(address.substr(0, end));
        if (end == std::string_view::npos)
            return levels;
        address.remove_prefix(end + 1);
    }
}

std::string join_address(const Levels& levels, AddressKind kind) {
    std::string address;
    for (const auto& level : levels)
        (address += level) += spelling_of(kind).separator;
    if (!address.empty())
        address.pop_back();
    return address;
}

bool has_wildcard(std::string_view text, AddressKind kind) {
    const auto spelling = spelling_of(kind);
    return text.find(spelling.one) != std::string_view::npos || text.find(spelling.rest) != std::string_view::npos;
}

}  // namespace mucbridge
