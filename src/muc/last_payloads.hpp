#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mucbridge {

/// What was said last of each address, so that a retained message is not said again when a new subscription brings
/// it: neither one that was shown as retained, nor one that was shown when it was fresh. Bounded, by hashes.
class LastPayloads {
public:
    explicit LastPayloads(std::size_t addresses = 1000) : limit_(addresses) {}

    void add(const std::string& address, std::string_view payload, bool retained);
    bool has(const std::string& address, std::string_view payload) const;
    std::size_t size() const { return places_.size(); }

private:
    struct Last {
        std::string address;
        std::size_t fresh = 0, retained = 0;  // 0: none yet
    };
    std::size_t limit_;
    std::list<Last> order_;  // the latest first
    std::unordered_map<std::string_view, std::list<Last>::iterator> places_;
};

}  // namespace mucbridge
