#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/message.hpp"
#include "core/time.hpp"

namespace mucbridge {

/// The lines on their way to one broker, in the order in which they were said: some are sent and not home, the others
/// wait. A broker drops what a slow subscriber does not fetch, our own echoes included: so a line holds its place in
/// the window until it is settled *and* back.
class Window {
public:
    struct Entry {
        std::string id;    // the line's stanza-id
        std::string room;  // its bare JID
        std::size_t bytes = 0;
        /// Makes the publication anew each time it is tried: its seal covers the time of the latest.
        std::function<Publication(WallTime)> make;
        int strikes = 0;  // how often the broker closed the connection on it, alone
    };

    Window(std::size_t max_lines, std::size_t max_bytes) : max_lines_(max_lines), max_bytes_(max_bytes) {}

    /// How many may be out at once: from the broker's Receive Maximum.
    void set_size(unsigned size) { size_ = size; }
    /// Appends; false, and the entry is left as it is, where neither count nor bytes leave room to wait.
    bool add(Entry&& entry);
    /// The next one that may be sent, now counted as sent; null: none waits, or the window is full. Valid until the
    /// next call.
    const Entry* take(Now now);

    struct Line {
        std::string id, room;
    };
    /// Those that are out and not settled, in their order: what lost() makes wait again.
    std::vector<Line> unsettled_lines() const;
    /// The broker has it. It stays in the window until home(). None: not one of ours, or settled before.
    std::optional<Line> accept(const std::string& id);
    /// The broker will never take it. None as above.
    std::optional<Line> reject(const std::string& id);
    /// Nothing more is awaited for it.
    void home(const std::string& id);

    /// The connection is gone: what was not settled waits again, before everything else, in its old order.
    /// `closed_by_broker`: it may be one of these lines that the broker cannot stand. Returned are those that were
    /// alone in flight, three times running, when the broker closed within a second: they are set aside and not tried
    /// again.
    std::vector<Entry> lost(bool closed_by_broker, Now now);

    std::size_t waiting() const { return waiting_.size(); }
    std::size_t in_flight() const { return flying_.size(); }
    std::size_t unsettled() const { return unsettled_; }

private:
    struct Flying {
        Entry entry;
        std::uint64_t turn = 0;
        Tick sent{};
        bool settled = false;
    };

    std::optional<Line> settle(const std::string& id, bool accepted);

    std::size_t max_lines_, max_bytes_;
    unsigned size_ = 1;
    std::deque<Entry> waiting_;
    std::unordered_map<std::string, Flying> flying_;
    std::size_t bytes_ = 0;      // of those that wait
    std::size_t unsettled_ = 0;  // of those that fly
    std::uint64_t turns_ = 0;
    std::size_t suspects_ = 0;  // how many of the first in line go out one at a time
};

}  // namespace mucbridge
