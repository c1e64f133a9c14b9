#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mucbridge {

/// An adapter's own thread: it runs what others post, in order, and polls one socket between.
class SocketThread {
public:
    struct Wish {
        int socket = -1;  // none
        bool is_to_write = false;
        std::chrono::milliseconds most{1000};
    };
    struct Work {
        std::function<Wish()> wish;  // what to wait for: asked before each wait
        std::function<void()> turn;  // after each wait, and what was posted
        std::function<void()> end;   // last, after what was posted
    };

    explicit SocketThread(Work work);
    ~SocketThread() { stop(); }
    SocketThread(const SocketThread&) = delete;
    SocketThread& operator=(const SocketThread&) = delete;

    /// From any thread. A task that throws is logged. After stop() nothing more is taken.
    void post(std::function<void()> task);
    /// Ends the thread, and waits for it: a broker that does not read is cut off after two seconds. Not on the thread.
    void stop();
    bool is_stopping() const { return is_stopping_; }
    /// On the thread, before the socket of the last wish is closed.
    void forget_socket();

private:
    void run();
    void wait();
    void run_tasks();

    const Work work_;
    const int bell_;
    std::vector<std::function<void()>> batch_;  // the thread's own
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::function<void()>> tasks_;  // guarded by mutex_, and what follows
    int socket_ = -1;
    bool is_over_ = false;
    std::atomic<bool> is_stopping_{false};
    std::thread thread_;  // last: it uses all of them
};

}  // namespace mucbridge
