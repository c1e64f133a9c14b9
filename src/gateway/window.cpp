#include "gateway/window.hpp"

#include <algorithm>
#include <map>

namespace mucbridge {

namespace {
constexpr int max_strikes = 3;
constexpr std::chrono::seconds suspicious{1};
}  // namespace

bool Window::add(Entry&& entry) {
    if (waiting_.size() >= max_lines_ || bytes_ + entry.bytes > max_bytes_)
        return false;
    bytes_ += entry.bytes;
    waiting_.push_back(std::move(entry));
    return true;
}

const Window::Entry* Window::take(Now now) {
    const std::size_t size = suspects_ > 0 ? 1 : size_;
    if (waiting_.empty() || flying_.size() >= size)
        return nullptr;
    Entry entry = std::move(waiting_.front());
    waiting_.pop_front();
    bytes_ -= entry.bytes;
    ++unsettled_;
    std::string id = entry.id;
    const auto placed = flying_.insert_or_assign(std::move(id), Flying{std::move(entry), turns_++, now.tick, false});
    return &placed.first->second.entry;
}

std::optional<Window::Line> Window::settle(const std::string& id, bool accepted) {
    const auto found = flying_.find(id);
    if (found == flying_.end() || found->second.settled)
        return std::nullopt;
    Line line{id, found->second.entry.room};
    found->second.settled = true;
    --unsettled_;
    if (suspects_ > 0)
        --suspects_;
    if (!accepted)
        flying_.erase(found);
    return line;
}

std::optional<Window::Line> Window::accept(const std::string& id) { return settle(id, true); }
std::optional<Window::Line> Window::reject(const std::string& id) { return settle(id, false); }

void Window::home(const std::string& id) {
    const auto found = flying_.find(id);
    if (found == flying_.end())
        return;
    // An echo can overtake the settlement; it settles too.
    settle(id, true);
    flying_.erase(found);
}

std::vector<Window::Line> Window::unsettled_lines() const {
    std::map<std::uint64_t, Line> by_turn;
    for (const auto& [id, flying] : flying_)
        if (!flying.settled)
            by_turn.emplace(flying.turn, Line{id, flying.entry.room});
    std::vector<Line> lines;
    for (auto& [turn, line] : by_turn)
        lines.push_back(std::move(line));
    return lines;
}

std::vector<Window::Entry> Window::lost(bool closed_by_broker, Now now) {
    std::vector<Flying> unsettled;
    for (auto& [id, flying] : flying_)
        if (!flying.settled)
            unsettled.push_back(std::move(flying));
    flying_.clear();
    unsettled_ = 0;
    std::sort(unsettled.begin(), unsettled.end(), [](const auto& a, const auto& b) { return a.turn < b.turn; });

    std::vector<Entry> set_aside;
    const bool suspect = closed_by_broker && !unsettled.empty() && now.tick - unsettled.back().sent <= suspicious;
    suspects_ = suspect ? unsettled.size() : 0;
    if (suspect && unsettled.size() == 1 && ++unsettled.front().entry.strikes >= max_strikes) {
        set_aside.push_back(std::move(unsettled.front().entry));
        unsettled.clear();
        suspects_ = 0;
    }
    for (auto flying = unsettled.rbegin(); flying != unsettled.rend(); ++flying) {
        bytes_ += flying->entry.bytes;
        waiting_.push_front(std::move(flying->entry));
    }
    return set_aside;
}

}  // namespace mucbridge
