#include "xmpp/backlog.hpp"

#include <algorithm>
#include <utility>

namespace mucbridge {

namespace {
constexpr std::size_t much = 4 * 1024 * 1024;
constexpr std::size_t least_of_one = 16 * 1024;  // a stanza or two: what a session that reads has waiting for a moment
constexpr std::size_t most_kept = 8 * 1024 * 1024, largest_kept = 32 * 1024;  // bytes of buffers nobody uses
}  // namespace

std::size_t Backlog::most_of_one() const {
    const std::size_t left = most_ - std::min(total_, most_);
    return std::max(least_of_one, 2 * left);
}

void Backlog::grow(std::size_t bytes) {
    total_ += bytes;
    told_ += bytes;
    if (total_ < relieved_at_ + much || !relief_)
        return;
    relieved_at_ = total_;
    relief_();
    relieved_at_ = total_;
}

void Backlog::shrink(std::size_t bytes) {
    total_ -= bytes;
    relieved_at_ = std::min(relieved_at_, total_);
}

void Backlog::make_room() {
    if (!evict_ || (evicted_at_ && told_ - *evicted_at_ < most_ / 16))
        return;
    evicted_at_ = told_;
    evict_(most_ / 4);
}

std::string Backlog::take_buffer() {
    if (buffers_.empty())
        return {};
    std::string buffer = std::move(buffers_.back());
    buffers_.pop_back();
    kept_ -= buffer.capacity();
    return buffer;
}

void Backlog::give_back(std::string buffer) {
    if (buffer.capacity() > largest_kept || kept_ + buffer.capacity() > most_kept)
        return;
    kept_ += buffer.capacity();
    buffer.clear();
    buffers_.push_back(std::move(buffer));
}

}  // namespace mucbridge
