#include "gateway/loop.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

namespace mucbridge {

namespace {
/// Tasks in a turn: sockets and timers do not wait for longer, whatever is posted. With far fewer, loops read more than
/// they tell, and what they post each other piles up.
constexpr std::size_t most_in_a_turn = 4096;
}  // namespace

Loop::Loop(unsigned index, std::function<Now()> clock) : index_(index), clock_(std::move(clock)) {}

Loop::~Loop() { stop(); }

void Loop::post(Task task) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = !std::exchange(is_woken_, true);
        mailbox_.push_back(std::move(task));
    }
    // Only the first of a batch wakes the loop; the rest ride along.
    if (first)
        boost::asio::post(io_, [this] { run_mailbox(); });
}

void Loop::run_mailbox() {
    turn_end_.note_work();
    if (batch_.empty()) {
        const std::lock_guard lock(mutex_);
        batch_.swap(mailbox_);
    }
    const std::size_t end = std::min(batch_.size(), done_ + most_in_a_turn);
    for (; done_ < end; ++done_) {
        batch_[done_]();
        batch_[done_] = nullptr;  // what it keeps is let go with it
    }
    if (done_ == batch_.size()) {
        batch_.clear();
        done_ = 0;
    }
    const std::lock_guard lock(mutex_);
    is_woken_ = !batch_.empty() || !mailbox_.empty();
    if (is_woken_)
        boost::asio::post(io_, [this] { run_mailbox(); });
}

Loop::TimerId Loop::at(Tick when, Task task) {
    const TimerId id{when, next_timer_++};
    timers_.emplace(id, std::move(task));
    arm();
    return id;
}

void Loop::cancel(const TimerId& id) { timers_.erase(id); }

void Loop::run_due() {
    while (!timers_.empty() && timers_.begin()->first.first <= clock_().tick) {
        auto due = timers_.extract(timers_.begin());
        due.mapped()();
    }
    armed_ = Tick::max();
    arm();
}

void Loop::arm() {
    if (!thread_.joinable() || timers_.empty() || timers_.begin()->first.first >= armed_)
        return;
    armed_ = timers_.begin()->first.first;
    alarm_.expires_at(armed_);
    alarm_.async_wait([this](const boost::system::error_code& error) {
        if (!error)
            run_due();
    });
}

void Loop::start() {
    thread_ = std::thread([this] { io_.run(); });
    post([this] { arm(); });
}

void Loop::stop() {
    if (!thread_.joinable())
        return;
    post([this] { io_.stop(); });
    thread_.join();
}

bool Loop::is_here() const { return !thread_.joinable() || thread_.get_id() == std::this_thread::get_id(); }

bool Loop::poll() {
    for (bool has_run = false;; has_run = true) {
        io_.restart();
        const auto ran = io_.poll();
        const bool due = !timers_.empty() && timers_.begin()->first.first <= clock_().tick;
        if (due)
            run_due();
        if (ran == 0 && !due)
            return has_run;
    }
}

}  // namespace mucbridge
