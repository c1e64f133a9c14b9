#include "broker/socket_thread.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace mucbridge {

namespace {

using namespace std::chrono_literals;

constexpr auto farewell = 2s;

}  // namespace

SocketThread::SocketThread(Work work)
    : work_(std::move(work)), bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { run(); }) {}

void SocketThread::stop() {
    if (!thread_.joinable())
        return;
    is_stopping_ = true;
    (void)::eventfd_write(bell_, 1);
    {
        std::unique_lock lock(mutex_);
        // Who is stuck in writing to a broker that does not read is let go.
        if (!changed_.wait_for(lock, farewell, [this] { return is_over_; }) && socket_ >= 0)
            ::shutdown(socket_, SHUT_RDWR);
    }
    thread_.join();
    ::close(bell_);
}

void SocketThread::post(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
        if (tasks_.size() > 1)
            return;
    }
    (void)::eventfd_write(bell_, 1);
}

void SocketThread::forget_socket() {
    const std::lock_guard lock(mutex_);
    socket_ = -1;
}

void SocketThread::run() {
    while (!is_stopping_) {
        wait();
        run_tasks();
        if (!is_stopping_)
            work_.turn();
    }
    run_tasks();
    work_.end();
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    changed_.notify_all();
}

void SocketThread::wait() {
    const auto wish = work_.wish();
    {
        const std::lock_guard lock(mutex_);
        socket_ = wish.socket;
    }
    const auto events = static_cast<short>(wish.is_to_write ? POLLIN | POLLOUT : POLLIN);
    std::array<pollfd, 2> ready{{{bell_, POLLIN, 0}, {wish.socket, events, 0}}};
    ::poll(ready.data(), ready.size(), static_cast<int>(wish.most.count()));
    eventfd_t count = 0;
    (void)::eventfd_read(bell_, &count);
}

void SocketThread::run_tasks() {
    {
        const std::lock_guard lock(mutex_);
        batch_.swap(tasks_);
    }
    for (auto& task : batch_) {
        try {
            task();
        } catch (const std::exception& error) {
            spdlog::error("a broker callback threw: {}", error.what());
        }
    }
    batch_.clear();
}

}  // namespace mucbridge
