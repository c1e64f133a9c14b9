#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "xmpp/turn_end.hpp"

namespace mucbridge {

/// One thread's worth of sessions and rooms: an io_context, a mailbox that other threads post to, and timers.
/// What lives on a loop is touched by that loop alone. Without start() nobody runs it but poll(): so are scenes driven,
/// with a clock wound by hand.
class Loop {
public:
    using Task = std::function<void()>;
    using TimerId = std::pair<Tick, std::uint64_t>;

    /// `clock` is asked for the time; by default the system's clocks.
    explicit Loop(unsigned index, std::function<Now()> clock = read_clocks);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    unsigned index() const { return index_; }
    boost::asio::io_context& io() { return io_; }
    TurnEnd& turn_end() { return turn_end_; }
    Now now() const { return clock_(); }

    /// From any thread: runs later on this loop, in the order of posting.
    void post(Task task);
    /// On this loop: runs once, when the time has come.
    TimerId at(Tick when, Task task);
    void cancel(const TimerId& id);

    void start();
    /// Ends the thread, once it has run what was posted before. From another thread.
    void stop();
    /// Is this the thread that start() made (or is there none)?
    bool is_here() const;

    /// Runs what is ready and what is due by the clock, until nothing is; false where nothing was. For a loop that was
    /// not started.
    bool poll();

private:
    void run_mailbox();
    void run_due();
    void arm();

    const unsigned index_;
    std::function<Now()> clock_;
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};

    TurnEnd turn_end_{io_};

    std::mutex mutex_;
    std::vector<Task> mailbox_;  // guarded by mutex_
    bool is_woken_ = false;      // guarded by mutex_: run_mailbox() will come
    std::vector<Task> batch_;    // taken from the mailbox; so many of it are done
    std::size_t done_ = 0;

    std::map<TimerId, Task> timers_;
    std::uint64_t next_timer_ = 0;
    boost::asio::steady_timer alarm_{io_};
    Tick armed_ = Tick::max();
    std::thread thread_;
};

}  // namespace mucbridge
