#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <vector>

namespace mucbridge {

/// What waits for the end of a loop's turn: connections with something to write. A turn ends when nothing more is ready
/// to be read or run, or after half a millisecond, and not within a quarter of a millisecond of the one before: so a
/// busy loop gathers what its sessions are told and writes it at once, and one that is not busy writes at once. Lives
/// on one loop.
class TurnEnd {
public:
    struct Waiting {
        virtual ~Waiting() = default;
        virtual void on_turn_end() = 0;
        /// So much has gathered that it is better written before: tells nobody how that went.
        virtual void on_relief() = 0;
    };

    explicit TurnEnd(boost::asio::io_context& io) : io_(io), pause_(io) {}
    TurnEnd(const TurnEnd&) = delete;
    TurnEnd& operator=(const TurnEnd&) = delete;

    /// It is told once, at the end of this turn; nobody is added twice before.
    void add(std::shared_ptr<Waiting> waiting);
    void relieve();
    /// The loop had something to do, so there may be more.
    void note_work() { has_worked_ = true; }

private:
    using Clock = std::chrono::steady_clock;
    void look_again();
    void end();
    void run();

    boost::asio::io_context& io_;
    boost::asio::steady_timer pause_;
    std::vector<std::shared_ptr<Waiting>> waiting_;
    Clock::time_point began_, ended_;
    bool has_worked_ = false;
};

}  // namespace mucbridge
