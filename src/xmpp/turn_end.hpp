#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <vector>

namespace mucbridge {

/// What waits for the end of a loop's turn: connections with something to write. A turn ends when nothing more is ready
/// to be read or run, or after half a millisecond: so a busy loop gathers what its sessions are told and writes it at
/// once, and an idle one writes at once. Lives on one loop.
class TurnEnd {
public:
    struct Waiting {
        virtual ~Waiting() = default;
        virtual void on_turn_end() = 0;
        /// So much has gathered that it is better written before: tells nobody how that went.
        virtual void on_relief() = 0;
    };

    explicit TurnEnd(boost::asio::io_context& io) : io_(io) {}
    TurnEnd(const TurnEnd&) = delete;
    TurnEnd& operator=(const TurnEnd&) = delete;

    /// It is told once, at the end of this turn; nobody is added twice before.
    void add(std::shared_ptr<Waiting> waiting);
    void relieve();
    /// The loop had something to do, so there may be more.
    void note_work() { has_worked_ = true; }

private:
    void look_again();
    void run();

    boost::asio::io_context& io_;
    std::vector<std::shared_ptr<Waiting>> waiting_;
    std::chrono::steady_clock::time_point began_;
    bool has_worked_ = false;
};

}  // namespace mucbridge
