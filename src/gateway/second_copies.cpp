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
    if (delivery.packet_id == 0)
        return false;
    const Heard heard = to_heard(delivery);
    // At QoS 2 the mark does not reach us: Paho takes it off.
    const bool may_be = delivery.duplicate || delivery.qos == 2;
    const bool is_copy = may_be && take_earlier(heard);
    // The first that is new: what was to come again has come, and its packet ids are free for others.
    if (!is_copy && !delivery.duplicate)
        earlier_.clear();
    current_.push_back(heard);
    if (current_.size() > most)
        current_.pop_front();
    return is_copy;
}

SecondCopies::Heard SecondCopies::to_heard(const Delivery& delivery) {
    std::size_t hash = std::hash<std::string_view>()(delivery.address);
    const auto add = [&hash](std::string_view text) { hash = hash * 31 + std::hash<std::string_view>()(text); };
    add(delivery.payload);
    for (const auto& [name, value] : delivery.properties) {
        add(name);
        add(value);
    }
    return {delivery.packet_id, hash};
}

bool SecondCopies::take_earlier(const Heard& heard) {
    const auto found = std::find(earlier_.begin(), earlier_.end(), heard);
    if (found == earlier_.end())
        return false;
    earlier_.erase(found);
    return true;
}

}  // namespace mucbridge
