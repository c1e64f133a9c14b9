#include "xmpp/stream_management.hpp"

namespace mucbridge {

std::uint64_t StreamManagement::on_received() {
    open_.insert(++received_);
    return received_;
}

std::uint32_t StreamManagement::handled() const {
    return static_cast<std::uint32_t>((open_.empty() ? received_ : *open_.begin() - 1) - uncounted_);
}

void StreamManagement::on_resumed() {
    if (!open_.empty())
        uncounted_ += received_ - (*open_.begin() - 1);
    open_.clear();
}

void StreamManagement::on_sent(std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (const std::string_view part : parts)
        size += part.size();
    std::string& kept = unacknowledged_.emplace_back();
    kept.reserve(size);
    for (const std::string_view part : parts)
        kept += part;
    bytes_ += size;
    backlog_.grow(size);
}

void StreamManagement::on_acknowledged(std::uint32_t count) {
    for (std::uint32_t left = newly(count); left > 0 && !unacknowledged_.empty(); --left) {
        const std::size_t size = unacknowledged_.front().size();
        unacknowledged_.pop_front();
        ++acknowledged_;
        bytes_ -= size;
        backlog_.shrink(size);
    }
}

}  // namespace mucbridge
