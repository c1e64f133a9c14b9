#include "gateway/workers.hpp"

namespace mucbridge {

Workers::~Workers() {
    std::vector<std::jthread> threads;
    {
        const std::lock_guard lock(mutex_);
        threads.swap(threads_);
        waiting_.clear();
    }
    for (auto& thread : threads)
        thread.request_stop();
}

bool Workers::post(Task task) {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= most_waiting_)
        return false;
    waiting_.push_back(std::move(task));
    if (waiting_.size() > idle_ && threads_.size() < most_threads_)
        threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
    changed_.notify_one();
    return true;
}

void Workers::run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    for (;;) {
        ++idle_;
        const bool has_task = changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
        --idle_;
        if (!has_task || stop.stop_requested())
            return;
        const Task task = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        task(stop);
        lock.lock();
    }
}

}  // namespace mucbridge
