#include "muc/recent_ids.hpp"

#include <algorithm>

namespace mucbridge {

void RecentIds::add(const std::string& id, Entry entry) {
    const auto [known, is_new] = entries_.try_emplace(id, Known{entry, {}});
    if (!is_new)
        return;
    known->second.place = order_.insert(order_.end(), &known->first);
    if (order_.size() <= std::max<std::size_t>(limit_, 1))
        return;
    const auto oldest = entries_.find(*order_.front());
    order_.pop_front();
    forgotten_until_ = std::max(forgotten_until_, oldest->second.entry.published_at);
    entries_.erase(oldest);
}

void RecentIds::renew(const std::string& id, Entry entry) {
    const auto known = entries_.find(id);
    if (known == entries_.end())
        return add(id, entry);
    known->second.entry = entry;
    order_.splice(order_.end(), order_, known->second.place);
}

const RecentIds::Entry* RecentIds::find(const std::string& id) const {
    const auto known = entries_.find(id);
    return known == entries_.end() ? nullptr : &known->second.entry;
}

}  // namespace mucbridge
