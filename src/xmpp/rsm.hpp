#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "xml/element.hpp"

namespace mucbridge {

/// Which part of a long list is wanted. XEP-0059 §2.
struct PageWish {
    std::optional<std::size_t> max = {};
    std::optional<std::string> after = {};
    std::optional<std::string> before = {};  // empty: the last page
    std::optional<std::size_t> index = {};
};

/// What <set xmlns='http://jabber.org/protocol/rsm'/> inside the query asks for; nothing where there is none. Errors
/// name the child whose number is none.
Result<std::optional<PageWish>> parse_page_wish(const Element& query);

/// A part of a list, as indexes: [first, end).
struct Page {
    std::size_t first = 0, end = 0;
    std::size_t size() const { return end - first; }
    bool operator==(const Page&) const = default;
};

/// At most `most` items, whatever is wished: the responder may limit too. Wants the names sorted, each once: so a name
/// that is gone from the list still tells where to go on, and no page is ever not found (XEP-0059 §2.4).
Page choose_page(const std::vector<std::string>& names, const PageWish& wish, std::size_t most);

/// The <set/> of an answer: <first index=''/>, <last/>, <count/>.
Element make_page_set(const std::vector<std::string>& names, const Page& page);

}  // namespace mucbridge
