#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/address.hpp"
#include "core/config.hpp"
#include "core/message.hpp"

namespace mucbridge {

/// Which rooms listen to which filters of one broker.
class Subscriptions {
public:
    struct Filter {
        std::set<std::string> rooms;  // bare JIDs
        int qos = 0;
        QueueConfig queue;
        std::optional<Granted> answer;  // the broker's latest; none: asked, or not connected
    };

    explicit Subscriptions(AddressKind kind = AddressKind::topic) : kind_(kind) {}

    /// True where the filter is new, so that the broker must be asked.
    bool add(const std::string& filter, int qos, const std::string& room);
    /// True where nobody listens any more, so that the broker must be told.
    bool remove(const std::string& filter, const std::string& room);
    /// The connection is gone and every answer with it.
    void forget_answers();

    Filter* find(const std::string& filter);
    const std::map<std::string, Filter>& filters() const { return filters_; }

    /// The rooms that hear what comes on this address; remembered for the next time.
    const std::vector<std::string>& rooms_for(const std::string& address);
    /// Of what came by this filter, the rooms of this filter alone: the others get it by theirs.
    std::vector<std::string> rooms_for(const std::string& address, const std::string& by);

private:
    AddressKind kind_;
    std::map<std::string, Filter> filters_;
    std::set<std::string> wildcards_;  // those of filters_ that are more than an address
    std::unordered_map<std::string, std::vector<std::string>> known_;  // address to rooms; bounded
};

}  // namespace mucbridge
