#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

namespace mucbridge {

/// Counts how often the same words come from the same address within a minute. Bounded, by hashes.
class SameWords {
public:
    explicit SameWords(std::size_t limit) : limit_(limit) {}
    /// Which one this is, from 1 on. 0: too many different words in this minute to count them.
    std::size_t add(std::string_view address, std::string_view words, std::int64_t minute);

private:
    std::size_t limit_;
    std::int64_t minute_ = 0;
    std::unordered_map<std::size_t, std::size_t> counts_;
};

}  // namespace mucbridge
