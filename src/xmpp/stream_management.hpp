#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

#include "xmpp/backlog.hpp"

namespace mucbridge {

/// What one side has sent and the other not yet acknowledged, both ways, over one session's connections. XEP-0198.
/// Counts are whole here, and modulo 2^32 on the wire.
class StreamManagement {
public:
    /// `id` is what the stream may be resumed by; empty: it may not.
    StreamManagement(std::string id, Backlog& backlog) : id_(std::move(id)), backlog_(backlog) {}
    ~StreamManagement() { backlog_.shrink(bytes_); }
    StreamManagement(const StreamManagement&) = delete;
    StreamManagement& operator=(const StreamManagement&) = delete;

    const std::string& id() const { return id_; }

    // From the peer.

    /// A stanza arrived: its number, from 1. It is open until on_handled().
    std::uint64_t on_received();
    void on_handled(std::uint64_t number) { open_.erase(number); }
    /// How many were handled, without a gap.
    std::uint32_t handled() const;
    bool is_all_handled() const { return open_.empty(); }
    /// The peer is told handled() on another connection: whatever came after that it sends again, and it counts from
    /// there. XEP-0198 §5.
    void on_resumed();

    // To the peer.

    /// Keeps what is sent until it is acknowledged.
    void on_sent(std::initializer_list<std::string_view> parts);
    /// False: there were never so many.
    bool may_acknowledge(std::uint32_t count) const { return newly(count) <= unacknowledged_.size(); }
    /// The peer has so many. What it has is no longer kept.
    void on_acknowledged(std::uint32_t count);
    std::uint32_t sent() const { return static_cast<std::uint32_t>(acknowledged_ + unacknowledged_.size()); }
    const std::deque<std::string>& unacknowledged() const { return unacknowledged_; }
    /// Of what is kept.
    std::size_t bytes() const { return bytes_; }

private:
    /// Of those that are kept, how many are within the count.
    std::uint32_t newly(std::uint32_t count) const { return count - static_cast<std::uint32_t>(acknowledged_); }

    const std::string id_;
    Backlog& backlog_;
    std::uint64_t received_ = 0, acknowledged_ = 0;
    std::uint64_t uncounted_ = 0;   // of those received: what the peer had to send again
    std::set<std::uint64_t> open_;  // few: lines on their way to the broker
    std::deque<std::string> unacknowledged_;
    std::size_t bytes_ = 0;
};

}  // namespace mucbridge
