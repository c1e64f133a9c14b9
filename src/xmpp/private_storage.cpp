#include "xmpp/private_storage.hpp"

#include <algorithm>

#include "xml/writer.hpp"

namespace mucbridge {

namespace {

bool is_same_kind(const Element& a, const Element& b) { return a.name == b.name && a.ns == b.ns; }

}  // namespace

std::optional<StanzaError> PrivateStorage::set(const Element& query) {
    if (query.count_children() == 0)
        return StanzaError{Condition::not_acceptable, "want a fragment to keep"};
    std::vector<Fragment> next = fragments_;
    for (const Node& node : query.nodes) {
        const Element* fragment = node.element();
        if (fragment == nullptr)
            continue;
        // XEP-0049 §2.3: each fragment has a namespace of its own.
        if (fragment->ns.empty() || fragment->ns == ns::private_storage)
            return StanzaError{Condition::not_acceptable, "want fragments with a namespace of their own"};
        std::erase_if(next, [&](const Fragment& old) { return is_same_kind(old.element, *fragment); });
        next.push_back({*fragment, to_string(*fragment, ns::private_storage).size()});
        std::size_t bytes = 0;
        for (const Fragment& each : next)
            bytes += each.bytes;
        if (bytes > limit)
            return StanzaError{Condition::resource_constraint, "more than 64 KiB of private storage"};
    }
    fragments_ = std::move(next);
    return std::nullopt;
}

std::variant<Element, StanzaError> PrivateStorage::get(const Element& query) const {
    if (query.count_children() != 1)
        return StanzaError{Condition::not_acceptable, "want one fragment at a time"};
    const Element& asked = *query.first_child();
    const auto kept = std::find_if(fragments_.begin(), fragments_.end(),
                                   [&](const Fragment& each) { return is_same_kind(each.element, asked); });
    Element answer{query.name, query.ns, {}, {}};
    answer.add(kept == fragments_.end() ? Element{asked.name, asked.ns, {}, {}} : kept->element);
    return answer;
}

}  // namespace mucbridge
