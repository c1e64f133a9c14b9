#include "gateway/loop.hpp"

#include <boost/asio/post.hpp>

namespace mucbridge {

Loop::Loop(unsigned index, std::function<Now()> clock) : index_(index), clock_(std::move(clock)) {}

Loop::~Loop() { stop(); }

void Loop::post(Task task) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = mailbox_.empty();
        mailbox_.push_back(std::move(task));
    }
    // Only the first of a batch wakes the loop; the rest ride along.
    if (first)
        boost::asio::post(io_, [this] { run_mailbox(); });
}

void Loop::run_mailbox() {
    turn_end_.note_work();
    std::vector<Task> batch;
    {
        const std::lock_guard lock(mutex_);
        batch.swap(mailbox_);
    }
    for (auto& task : batch)
        task();
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
