#include "gateway/login_throttle.hpp"

#include <algorithm>

namespace mucbridge {

std::chrono::milliseconds LoginThrottle::on_failure(const PeerNet& net, std::string_view name, Tick now) {
    const auto failures = std::max(nets_.add(std::to_string(net.number), now), names_.add(std::string(name), now));
    return std::min<std::chrono::milliseconds>(per_failure * static_cast<int>(failures), longest);
}

std::size_t LoginThrottle::Recent::add(const std::string& key, Tick now) {
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
    } else {
        entries_.push_front({key, 0, now});
        by_key_.emplace(entries_.front().key, entries_.begin());
    }
    Entry& entry = entries_.front();
    const auto forgiven = static_cast<std::size_t>((now - entry.since) / forgiven_after);
    entry.since = forgiven >= entry.failures ? now : entry.since + forgiven_after * static_cast<int>(forgiven);
    entry.failures = std::min(entry.failures - std::min(entry.failures, forgiven) + 1, most_failures);
    if (entries_.size() > most_entries) {
        by_key_.erase(entries_.back().key);
        entries_.pop_back();
    }
    return entry.failures;
}

}  // namespace mucbridge
