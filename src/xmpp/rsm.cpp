#include "xmpp/rsm.hpp"

#include <algorithm>
#include <charconv>

namespace mucbridge {

namespace {

/// XEP-0059 §8: xs:int; a negative one is no place in a list.
Result<std::optional<std::size_t>> parse_number(const Element& set, std::string_view name) {
    const Element* child = set.child(name, ns::rsm);
    if (!child)
        return std::optional<std::size_t>();
    const std::string text = child->text();
    std::int32_t number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 0)
        return Error{"result set: want a whole number in <", name, "/>"};
    return std::optional(static_cast<std::size_t>(number));
}

std::optional<std::string> parse_name(const Element& set, std::string_view name) {
    const Element* child = set.child(name, ns::rsm);
    return child ? std::optional(child->text()) : std::nullopt;
}

}  // namespace

Result<std::optional<PageWish>> parse_page_wish(const Element& query) {
    const Element* set = query.child("set", ns::rsm);
    if (!set)
        return std::optional<PageWish>();
    const auto max = parse_number(*set, "max");
    if (!max)
        return max.error();
    const auto index = parse_number(*set, "index");
    if (!index)
        return index.error();
    return std::optional(PageWish{*max, parse_name(*set, "after"), parse_name(*set, "before"), *index});
}

Page choose_page(const std::vector<std::string>& names, const PageWish& wish, std::size_t most) {
    const auto place = [&](const auto found) { return static_cast<std::size_t>(found - names.begin()); };
    Page page{0, names.size()};
    if (wish.after)
        page.first = place(std::ranges::upper_bound(names, *wish.after));
    if (wish.index)
        page.first = std::max(page.first, std::min(*wish.index, names.size()));
    if (wish.before && !wish.before->empty())
        page.end = std::max(page.first, place(std::ranges::lower_bound(names, *wish.before)));
    const std::size_t size = std::min({page.size(), wish.max.value_or(most), most});
    if (wish.before)
        page.first = page.end - size;
    else
        page.end = page.first + size;
    return page;
}

Element make_page_set(const std::vector<std::string>& names, const Page& page) {
    Element set{"set", std::string(ns::rsm), {}, {}};
    if (page.size() > 0) {
        set.add("first", ns::rsm).set("index", std::to_string(page.first)).add_text(names[page.first]);
        set.add("last", ns::rsm).add_text(names[page.end - 1]);
    }
    set.add("count", ns::rsm).add_text(std::to_string(names.size()));
    return set;
}

}  // namespace mucbridge
