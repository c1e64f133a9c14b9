#include "cli/line_source.hpp"

#include <condition_variable>
#include <deque>
#include <iostream>
#include <mutex>
#include <thread>

namespace mucbridge {

using Lock = std::unique_lock<std::mutex>;

/// Outlives the source where the reader is stuck in a read that nobody answers any more.
struct LineSource::Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::string> lines;
    bool is_read = false;       // stdin has ended
    bool is_abandoned = false;  // nobody wants more
    std::function<void()> on_change;
};

LineSource::LineSource(std::string only_line) : shared_(std::make_shared<Shared>()) {
    shared_->lines.push_back(std::move(only_line));
    shared_->is_read = true;
}

LineSource::LineSource(std::function<void()> on_change) : shared_(std::make_shared<Shared>()) {
    shared_->on_change = std::move(on_change);
    std::thread(read, shared_).detach();
}

LineSource::~LineSource() {
    const Lock lock(shared_->mutex);
    shared_->is_abandoned = true;
    shared_->on_change = nullptr;
    shared_->changed.notify_all();
}

void LineSource::read(const std::shared_ptr<Shared>& shared) {
    constexpr std::size_t most = 100;
    const auto change = [&](auto make) {
        Lock lock(shared->mutex);
        shared->changed.wait(lock, [&] { return shared->lines.size() < most || shared->is_abandoned; });
        if (shared->is_abandoned)
            return false;
        make();
        shared->changed.notify_all();
        if (shared->on_change)
            shared->on_change();
        return true;
    };
    std::string line;
    while (std::getline(std::cin, line)) {
        if (!line.empty() && line.back() == '\r')
            line.pop_back();
        if (!change([&] { shared->lines.push_back(std::move(line)); }))
            return;
        line.clear();
    }
    change([&] { shared->is_read = true; });
}

std::optional<std::string> LineSource::take() {
    const Lock lock(shared_->mutex);
    if (shared_->lines.empty())
        return std::nullopt;
    auto line = std::move(shared_->lines.front());
    shared_->lines.pop_front();
    shared_->changed.notify_all();
    return line;
}

std::optional<std::string> LineSource::wait() {
    {
        Lock lock(shared_->mutex);
        shared_->changed.wait(lock, [this] { return !shared_->lines.empty() || shared_->is_read; });
    }
    return take();
}

bool LineSource::is_at_end() const {
    const Lock lock(shared_->mutex);
    return shared_->is_read && shared_->lines.empty();
}

}  // namespace mucbridge
