#include "muc/recent_ids.hpp"

#include <algorithm>

namespace mucbridge {

void RecentIds::add(const std::string& id, Entry entry) {
    const auto [place, is_new] = entries_.try_emplace(id, entry);
    if (!is_new)
        return;
    order_.push_back(&place->first);
    if (order_.size() <= std::max<std::size_t>(limit_, 1))
        return;
    const auto oldest = entries_.find(*order_.front());
    order_.pop_front();
    forgotten_until_ = std::max(forgotten_until_, oldest->second.published_at);
    entries_.erase(oldest);
}

const RecentIds::Entry* RecentIds::find(const std::string& id) const {
    const auto place = entries_.find(id);
    return place == entries_.end() ? nullptr : &place->second;
}

}  // namespace mucbridge
