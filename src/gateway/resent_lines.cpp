#include "gateway/resent_lines.hpp"

#include <algorithm>
#include <functional>

namespace mucbridge {

namespace {

std::string key_of(const std::string& room, const std::string& id) { return room + '\0' + id; }

}  // namespace

std::optional<Receipt> ResentLines::take(const std::string& room, const Jid& bare, const Line& line, const Route& route,
                                         Receipt receipt, Tick now) {
    forget_oldest(now);
    if (line.id.empty() || !line.body || (!receipt && entries_.empty()))
        return receipt;
    std::string key = key_of(room, line.id);
    const std::size_t words = std::hash<std::string>{}(*line.body);
    const auto [begin, end] = entries_.equal_range(key);
    const auto before = std::find_if(
        begin, end, [&](const auto& each) { return each.second.bare == bare && each.second.words == words; });
    if (before != end) {
        if (const auto open = before->second.open.lock(); open && receipt)
            open->push_back(std::move(receipt));
        return std::nullopt;
    }
    if (!receipt)
        return receipt;
    const auto open = std::make_shared<Receipts>(1, std::move(receipt));
    order_.push_back(entries_.emplace(std::move(key), Entry{bare, words, route, open, now}));
    return open;
}

void ResentLines::forget(const std::string& room, const std::string& id, const Route& route) {
    if (entries_.empty() || id.empty())
        return;
    const auto [begin, end] = entries_.equal_range(key_of(room, id));
    const auto refused = std::find_if(begin, end, [&](const auto& each) { return each.second.route == route; });
    if (refused == end)
        return;
    // The latest, most often: it was just said.
    const auto place = std::find(order_.rbegin(), order_.rend(), refused);
    *place = entries_.end();
    entries_.erase(refused);
}

void ResentLines::forget_oldest(Tick now) {
    while (!order_.empty()) {
        const auto oldest = order_.front();
        if (oldest != entries_.end() && order_.size() <= most && now - oldest->second.taken < remembered)
            return;
        order_.pop_front();
        if (oldest != entries_.end())
            entries_.erase(oldest);
    }
}

}  // namespace mucbridge
