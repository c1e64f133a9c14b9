#include "gateway/window.hpp"

#include <algorithm>

namespace mucbridge {

namespace {
constexpr int max_strikes = 3;
constexpr std::chrono::seconds suspicious{1};
}  // namespace

bool Window::add(Entry&& entry, Now now) {
    if (waiting_.size() >= max_lines_ || bytes_ + entry.bytes() > max_bytes_)
        return false;
    reject(entry.id);
    entry.position = next_position_++;
    std::string id = entry.id;
    Item& item = items_.insert_or_assign(std::move(id), Item{std::move(entry)}).first->second;
    item.added = now.tick;
    wait(item);
    unkept_.emplace_hint(unkept_.end(), item.entry.position, &item);
    return true;
}

void Window::restore(Entry&& entry, Now now) {
    next_position_ = std::max(next_position_, entry.position + 1);
    std::string id = entry.id;
    const auto [placed, is_new] = items_.try_emplace(std::move(id), Item{std::move(entry)});
    if (!is_new)
        return;
    Item& item = placed->second;
    item.added = now.tick;
    item.keeping = Keeping::done;
    // An earlier process may have given it to the broker.
    item.was_sent = true;
    ++kept_;
    wait(item);
}

void Window::wait(Item& item) {
    bytes_ += item.entry.bytes();
    waiting_.emplace(item.entry.position, &item);
}

const Window::Entry* Window::take(Now now) {
    const std::size_t size = suspects_ > 0 ? 1 : size_;
    if (waiting_.empty() || flying_ >= size)
        return nullptr;
    Item& item = *waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    bytes_ -= item.entry.bytes();
    item.flies = item.was_sent = true;
    item.sent = now.tick;
    ++flying_;
    ++unsettled_;
    return &item.entry;
}

/// Settled: the spool is no longer asked to have it.
void Window::forget_keeping(Item& item) {
    unkept_.erase(item.entry.position);
    if (item.keeping == Keeping::done)
        --kept_;
}

void Window::erase(Items::iterator item) {
    if (item->second.flies)
        --flying_;
    else if (waiting_.erase(item->second.entry.position) > 0)
        bytes_ -= item->second.entry.bytes();
    items_.erase(item);
}

std::optional<Window::Line> Window::settle(const std::string& id, bool accepted) {
    const auto found = items_.find(id);
    if (found == items_.end() || found->second.settled)
        return std::nullopt;
    Item& item = found->second;
    Line line{id, item.entry.room, item.keeping != Keeping::not_yet, item.entry.said.said_at};
    item.settled = true;
    forget_keeping(item);
    if (item.flies) {
        --unsettled_;
        if (suspects_ > 0)
            --suspects_;
    }
    if (!accepted)
        erase(found);
    return line;
}

std::optional<Window::Line> Window::accept(const std::string& id) {
    const auto found = items_.find(id);
    return found != items_.end() && found->second.flies ? settle(id, true) : std::nullopt;
}

std::optional<Window::Line> Window::reject(const std::string& id) { return settle(id, false); }

std::optional<Window::Line> Window::home(const std::string& id) {
    const auto found = items_.find(id);
    // What waits to be tried again is heard of from the earlier try, and is tried all the same.
    if (found == items_.end() || !found->second.flies)
        return std::nullopt;
    auto line = settle(id, true);
    erase(found);
    return line;
}

std::vector<Window::Poison> Window::lost(bool closed_by_broker, Now now) {
    std::map<std::uint64_t, Items::iterator> unsettled;
    Tick latest{};
    for (auto item = items_.begin(); item != items_.end();) {
        const auto next = std::next(item);
        if (item->second.flies && item->second.settled) {
            erase(item);
        } else if (item->second.flies) {
            latest = std::max(latest, item->second.sent);
            unsettled.emplace(item->second.entry.position, item);
        }
        item = next;
    }
    std::vector<Poison> set_aside;
    const bool suspect = closed_by_broker && !unsettled.empty() && now.tick - latest <= suspicious;
    suspects_ = suspect ? unsettled.size() : 0;
    if (suspect && unsettled.size() == 1 && ++unsettled.begin()->second->second.entry.strikes >= max_strikes) {
        const auto poison = unsettled.begin()->second;
        forget_keeping(poison->second);
        set_aside.push_back({poison->second.entry, poison->second.keeping != Keeping::not_yet});
        erase(poison);
        unsettled.clear();
        suspects_ = 0;
    }
    for (const auto& [position, item] : unsettled) {
        item->second.flies = false;
        wait(item->second);
    }
    flying_ = unsettled_ = 0;
    return set_aside;
}

std::vector<const Window::Entry*> Window::to_keep(Tick added_until) {
    std::vector<const Entry*> entries;
    while (!unkept_.empty() && unkept_.begin()->second->added <= added_until) {
        Item& item = *unkept_.begin()->second;
        unkept_.erase(unkept_.begin());
        item.keeping = Keeping::asked;
        entries.push_back(&item.entry);
    }
    return entries;
}

std::optional<Tick> Window::oldest_unkept() const {
    return unkept_.empty() ? std::nullopt : std::optional{unkept_.begin()->second->added};
}

std::optional<Window::Line> Window::on_kept(const std::string& id) {
    const auto found = items_.find(id);
    if (found == items_.end() || found->second.settled || found->second.keeping == Keeping::done)
        return std::nullopt;
    found->second.keeping = Keeping::done;
    ++kept_;
    return Line{id, found->second.entry.room, true, found->second.entry.said.said_at};
}

bool Window::on_not_kept(const std::string& id, Now now) {
    const auto found = items_.find(id);
    if (found == items_.end() || found->second.settled)
        return false;
    Item& item = found->second;
    item.keeping = Keeping::not_yet;
    if (!item.was_sent) {
        erase(found);
        return true;
    }
    item.added = now.tick;
    unkept_.emplace(item.entry.position, &item);
    return false;
}

std::vector<std::string> Window::said_before(WallTime time) const {
    std::vector<std::string> ids;
    for (const auto& [position, item] : waiting_)
        if (item->entry.said.said_at < time)
            ids.push_back(item->entry.id);
    return ids;
}

}  // namespace mucbridge
