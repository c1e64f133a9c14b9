#include "muc/last_payloads.hpp"

#include <functional>

namespace mucbridge {
namespace {

/// Never 0, which stands for none.
std::size_t hash_payload(std::string_view payload) {
    const std::size_t hash = std::hash<std::string_view>{}(payload);
    return hash == 0 ? 1 : hash;
}

}  // namespace

void LastPayloads::add(const std::string& address, std::string_view payload, bool retained) {
    if (order_.empty() || order_.front().address != address) {
        if (const auto known = places_.find(address); known != places_.end()) {
            order_.splice(order_.begin(), order_, known->second);
        } else {
            order_.push_front({address});
            places_.emplace(order_.front().address, order_.begin());
            if (order_.size() > limit_) {
                places_.erase(order_.back().address);
                order_.pop_back();
            }
        }
    }
    Last& last = order_.front();
    (retained ? last.retained : last.fresh) = hash_payload(payload);
}

bool LastPayloads::has(const std::string& address, std::string_view payload) const {
    const auto known = places_.find(address);
    if (known == places_.end())
        return false;
    const std::size_t hash = hash_payload(payload);
    return known->second->fresh == hash || known->second->retained == hash;
}

}  // namespace mucbridge
