#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/heard.hpp"
#include "core/time.hpp"

namespace mucbridge {

/// The lines on their way to one broker, in the order in which they were said: some are sent and not home, the others
/// wait. A broker drops what a slow subscriber does not fetch, our own echoes included: so a line holds its place in
/// the window until it is settled *and* back. It knows which of them are in the spool, too.
class Window {
public:
    struct Entry {
        std::string id;                     // the line's key (line_key.hpp)
        std::string room;                   // its bare JID
        std::string address;                // that it goes to
        std::optional<std::size_t> mirror;  // of the room's mirrors; none: home
        Said said;
        /// Makes the publication anew each time it is tried: its seal covers the time of the latest.
        std::function<Publication(const Said&, WallTime)> make;
        std::uint64_t position = 0;  // in the order of all; given by add()
        int strikes = 0;             // how often the broker closed the connection on it, alone

        std::size_t bytes() const { return said.line.body.value_or("").size() + sizeof(Entry); }
    };

    Window(std::size_t max_lines, std::size_t max_bytes) : max_lines_(max_lines), max_bytes_(max_bytes) {}

    /// How many may be out at once: from the broker's Receive Maximum.
    void set_size(unsigned size) { size_ = size; }
    /// Appends, in the place of one of that key; false, and the entry is left as it is, where neither count nor bytes
    /// leave room to wait.
    bool add(Entry&& entry, Now now);
    /// From the spool of an earlier process: in its old place, and on disk.
    void restore(Entry&& entry, Now now);
    /// The next one that may be sent, now counted as sent; null: none waits, or the window is full. Valid until the
    /// next call.
    const Entry* take(Now now);

    struct Line {
        std::string id, room;
        bool is_kept = false;  // in the spool
        WallTime said_at{};
    };
    /// The broker has it. It stays in the window until home(). None: not one of ours, or settled before.
    std::optional<Line> accept(const std::string& id);
    /// The broker will never take it, or it is no longer to be given to it. None as above.
    std::optional<Line> reject(const std::string& id);
    /// Nothing more is awaited for it. Where that settles it (an echo can overtake the settlement), it is told.
    std::optional<Line> home(const std::string& id);

    /// The connection is gone: what was not settled waits again, before everything else, in its old order.
    /// `closed_by_broker`: it may be one of these lines that the broker cannot stand. Returned are those that were
    /// alone in flight, three times running, when the broker closed within a second: they are set aside and not tried
    /// again.
    struct Poison {
        Entry entry;
        bool is_kept = false;
    };
    std::vector<Poison> lost(bool closed_by_broker, Now now);

    // The spool.
    /// Those not settled that are neither in the spool nor on their way there, and were added at this time or before,
    /// in their order; from now on they count as on their way there. Valid until the next call.
    std::vector<const Entry*> to_keep(Tick added_until);
    /// When the oldest of them was added.
    std::optional<Tick> oldest_unkept() const;
    /// On disk now. None: it is settled meanwhile.
    std::optional<Line> on_kept(const std::string& id);
    /// It cannot be put there. Where it was never sent it is taken out, for its speaker to be refused: true. Else it
    /// waits on, and may be tried again.
    bool on_not_kept(const std::string& id, Now now);
    /// Those that wait, and were said before: their keys.
    std::vector<std::string> said_before(WallTime time) const;

    std::size_t waiting() const { return waiting_.size(); }
    std::size_t in_flight() const { return flying_; }
    std::size_t unsettled() const { return unsettled_; }
    std::size_t kept() const { return kept_; }

private:
    enum class Keeping { not_yet, asked, done };
    struct Item {
        Entry entry;
        Keeping keeping = Keeping::not_yet;
        Tick added{}, sent{};
        bool flies = false, settled = false, was_sent = false;
    };
    using Items = std::unordered_map<std::string, Item>;

    std::optional<Line> settle(const std::string& id, bool accepted);
    void wait(Item& item);
    void forget_keeping(Item& item);
    void erase(Items::iterator item);

    std::size_t max_lines_, max_bytes_;
    unsigned size_ = 1;
    Items items_;
    std::map<std::uint64_t, Item*> waiting_;  // by position
    std::map<std::uint64_t, Item*> unkept_;   // likewise: not settled, and not yet asked to be kept
    std::size_t bytes_ = 0;                   // of those that wait
    std::size_t flying_ = 0, unsettled_ = 0;  // of those that fly
    std::size_t kept_ = 0;                    // not settled, and on disk
    std::uint64_t next_position_ = 1;
    std::size_t suspects_ = 0;  // how many of the first in line go out one at a time
};

}  // namespace mucbridge
