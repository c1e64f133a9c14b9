#include "muc/same_words.hpp"

#include <functional>

namespace mucbridge {

std::size_t SameWords::add(std::string_view address, std::string_view words, std::int64_t minute) {
    if (minute != minute_) {
        minute_ = minute;
        counts_.clear();
    }
    const std::hash<std::string_view> hash;
    const std::size_t key = hash(words) ^ (hash(address) * 31);
    if (counts_.size() >= limit_ && !counts_.contains(key))
        return 0;
    return ++counts_[key];
}

}  // namespace mucbridge
