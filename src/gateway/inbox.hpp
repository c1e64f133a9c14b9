#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "core/config.hpp"
#include "core/message.hpp"
#include "gateway/pressure.hpp"

namespace mucbridge {

class Inbox;

/// A delivery's turn at one room, for as long as anything is to be done for it: also on the loops of those whom the
/// room tells. One whose delivery was dropped keeps its place in the order, and in the count.
class Turn {
public:
    Turn(std::shared_ptr<Inbox> inbox, std::shared_ptr<const Delivery> delivery, Pressure::Load load);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    const std::string& room() const;
    const std::string& broker() const;
    /// It is the room's now, and is not dropped any more. Null: it was.
    const Delivery* hear();

private:
    friend class Inbox;
    enum class State { waits, is_heard, is_lost };

    const std::shared_ptr<Inbox> inbox_;
    std::shared_ptr<const Delivery> delivery_;
    const Pressure::Load load_;
    const Pressure::Place place_;
    State state_ = State::waits;
};

/// What a broker delivered for one room, which the room, or those whom it tells, did not take yet. Where the rule says
/// drop-oldest it has half of the broker's bound, so that others have the rest: beyond that the oldest that waits is
/// dropped, its memory freed and its receipt let go. The link's loop puts in, the room's takes out.
class Inbox : public std::enable_shared_from_this<Inbox> {
public:
    using IsOurs = std::function<bool(const Delivery&)>;

    /// `is_ours` tells the lines that came from here: they are not dropped.
    Inbox(std::string broker, std::string room, Overflow overflow, std::shared_ptr<Pressure> pressure, IsOurs is_ours);

    std::shared_ptr<Turn> put(std::shared_ptr<const Delivery> delivery);

private:
    friend class Turn;
    bool is_full() const;
    bool drop_oldest();
    void drop(Turn& turn);
    const Delivery* hear(Turn& turn);
    void end(const Turn& turn);

    const std::string broker_, room_;
    const Overflow overflow_;
    const std::shared_ptr<Pressure> pressure_;
    const Pressure::Load bound_;
    const IsOurs is_ours_;

    // Where lines may be dropped, and nowhere else.
    std::mutex mutex_;
    Pressure::Load load_;
    std::deque<Turn*> waiting_;  // that may be dropped, oldest first; a turn leaves when it is heard, or ends
};

/// About how much memory it takes.
std::size_t bytes_of(const Delivery& delivery);

}  // namespace mucbridge
