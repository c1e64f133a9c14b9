#include "gateway/subscriptions.hpp"

#include <algorithm>

namespace mucbridge {

namespace {
/// Addresses whose rooms are remembered; a publisher can invent more, so the table starts over.
constexpr std::size_t max_known = 10000;
}  // namespace

bool Subscriptions::add(const std::string& filter, int qos, const std::string& room) {
    known_.clear();
    const auto [found, is_new] = filters_.try_emplace(filter);
    found->second.rooms.insert(room);
    if (has_wildcard(filter, kind_))
        wildcards_.insert(filter);
    const bool wants_more = qos > found->second.qos;
    found->second.qos = std::max(qos, found->second.qos);
    return is_new || wants_more;
}

bool Subscriptions::remove(const std::string& filter, const std::string& room) {
    known_.clear();
    const auto found = filters_.find(filter);
    if (found == filters_.end())
        return false;
    found->second.rooms.erase(room);
    if (!found->second.rooms.empty())
        return false;
    filters_.erase(found);
    wildcards_.erase(filter);
    return true;
}

void Subscriptions::forget_answers() {
    for (auto& [text, filter] : filters_)
        filter.answer.reset();
}

Subscriptions::Filter* Subscriptions::find(const std::string& filter) {
    const auto found = filters_.find(filter);
    return found == filters_.end() ? nullptr : &found->second;
}

std::vector<std::string> Subscriptions::rooms_for(const std::string& address, const std::string& by) {
    if (by.empty())
        return rooms_for(address);
    const Filter* filter = find(by);
    return filter ? std::vector<std::string>(filter->rooms.begin(), filter->rooms.end()) : std::vector<std::string>();
}

const std::vector<std::string>& Subscriptions::rooms_for(const std::string& address) {
    if (const auto found = known_.find(address); found != known_.end())
        return found->second;
    if (known_.size() >= max_known)
        known_.clear();
    std::set<std::string> rooms;
    if (const Filter* exact = find(address))
        rooms = exact->rooms;
    for (const auto& text : wildcards_)
        if (matches(text, address, kind_))
            rooms.insert(filters_[text].rooms.begin(), filters_[text].rooms.end());
    return known_.emplace(address, std::vector<std::string>(rooms.begin(), rooms.end())).first->second;
}

}  // namespace mucbridge
