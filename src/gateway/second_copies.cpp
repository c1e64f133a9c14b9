#include "gateway/second_copies.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace mucbridge {

void SecondCopies::on_up(bool has_session) {
    if (!has_session)
        earlier_.clear();
    else
        earlier_.insert(earlier_.end(), current_.begin(), current_.end());
    current_.clear();
    while (earlier_.size() > most)
        earlier_.pop_front();
}

bool SecondCopies::is_second_copy(const Delivery& delivery) {
    if (delivery.packet_id == 0 && (delivery.filter.empty() || delivery.qos == 0))
        return false;
    const Heard heard = to_heard(delivery);
    // At QoS 2 the mark does not reach us: Paho takes it off.
    const bool may_be = delivery.duplicate || (delivery.qos == 2 && delivery.filter.empty());
    const bool is_copy = may_be && take_earlier(heard);
    // The first that is new: what was to come again has come, and its packet ids are free for others.
    if (!is_copy && (!delivery.duplicate || !delivery.filter.empty()))
        std::erase_if(earlier_, [&](const Heard& each) { return each.queue == heard.queue; });
    current_.push_back(heard);
    if (current_.size() > most)
        current_.pop_front();
    return is_copy;
}

void SecondCopies::forget(std::size_t count) {
    current_.erase(current_.begin(), current_.begin() + static_cast<std::ptrdiff_t>(std::min(count, current_.size())));
}

SecondCopies::Heard SecondCopies::to_heard(const Delivery& delivery) {
    std::size_t hash = std::hash<std::string_view>()(delivery.address);
    const auto add = [&hash](std::string_view text) { hash = hash * 31 + std::hash<std::string_view>()(text); };
    add(delivery.payload);
    for (const auto& [name, value] : delivery.properties) {
        add(name);
        add(value);
    }
    const auto queue = delivery.filter.empty() ? 0 : std::hash<std::string_view>()(delivery.filter) | 1U;
    return {delivery.packet_id, queue, hash};
}

bool SecondCopies::take_earlier(const Heard& heard) {
    const auto found = std::find(earlier_.begin(), earlier_.end(), heard);
    if (found == earlier_.end())
        return false;
    if (heard.queue == 0) {
        earlier_.erase(found);
        return true;
    }
    // What came before it in its queue does not come again.
    const auto place = found - earlier_.begin();
    std::ptrdiff_t at = 0;
    std::erase_if(earlier_, [&](const Heard& each) { return at++ <= place && each.queue == heard.queue; });
    return true;
}

}  // namespace mucbridge
