#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace mucbridge {

/// Threads for what takes its time and is not for a loop's. So many tasks wait for one at most. Threads are made when
/// they are needed.
class Workers {
public:
    /// Told to stop, a task ends soon.
    using Task = std::function<void(std::stop_token)>;

    Workers(std::size_t most_threads, std::size_t most_waiting)
        : most_threads_(most_threads), most_waiting_(most_waiting) {}
    /// Those that wait are not run; those that run are told to stop, and waited for.
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// From any thread. False: too many wait already.
    bool post(Task task);

private:
    void run(const std::stop_token& stop);

    const std::size_t most_threads_, most_waiting_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Task> waiting_;  // guarded by mutex_, as what follows
    std::size_t idle_ = 0;
    std::vector<std::jthread> threads_;
};

}  // namespace mucbridge
