#include "muc/lines_in_flight.hpp"

#include <algorithm>

namespace mucbridge {

OwnLine& LinesInFlight::add(OwnLine line) {
    line.number = next_number_++;
    carried_ += line.carried ? 1 : 0;
    OwnLine& added = table_.add(std::move(line));
    auto& of_user = by_user_[added.speaker->real];
    of_user.emplace_hint(of_user.end(), added.number, &added);
    return added;
}

OwnLine LinesInFlight::take(OwnLine& line) {
    forget_user(line);
    if (line.is_accepted)
        awaited_.erase({line.deadline, line.number});
    if (!line.is_published)
        std::erase(held_back_, &line);
    carried_ -= line.carried && !line.is_shown ? 1 : 0;
    shown_ -= line.is_shown ? 1 : 0;
    return table_.take(line);
}

void LinesInFlight::forget_user(const OwnLine& line) {
    const auto user = by_user_.find(line.speaker->real);
    if (user == by_user_.end())
        return;
    user->second.erase(line.number);
    if (user->second.empty())
        by_user_.erase(user);
}

void LinesInFlight::on_shown(OwnLine& line) {
    forget_user(line);
    carried_ -= line.carried ? 1 : 0;
    ++shown_;
    line.is_shown = true;
}

void LinesInFlight::on_published(OwnLine& line, bool by_text) {
    line.is_published = true;
    if (by_text)
        table_.index_text(line);
}

void LinesInFlight::index_texts() {
    for (OwnLine& line : table_.all())
        if (line.is_published)
            table_.index_text(line);
}

void LinesInFlight::await(OwnLine& line, Tick deadline) {
    line.is_accepted = true;
    line.deadline = deadline;
    awaited_.emplace(std::pair{deadline, line.number}, &line);
}

std::vector<OwnLine*> LinesInFlight::take_held_back() {
    std::vector<OwnLine*> lines{held_back_.begin(), held_back_.end()};
    held_back_.clear();
    return lines;
}

OwnLine* LinesInFlight::latest_of(const Jid& bare) {
    const auto user = by_user_.find(bare);
    return user == by_user_.end() ? nullptr : user->second.rbegin()->second;
}

OwnLine* LinesInFlight::overtaken_by(const OwnLine& line) {
    const auto user = by_user_.find(line.speaker->real);
    if (user == by_user_.end())
        return nullptr;
    for (const auto& [number, earlier] : user->second) {
        if (number >= line.number)
            break;
        if (earlier->is_accepted)
            return earlier;
    }
    return nullptr;
}

OwnLine* LinesInFlight::next_awaited() const { return awaited_.empty() ? nullptr : awaited_.begin()->second; }

std::vector<OwnLine*> LinesInFlight::awaited() const {
    std::vector<OwnLine*> lines;
    lines.reserve(awaited_.size());
    for (const auto& [key, line] : awaited_)
        lines.push_back(line);
    std::sort(lines.begin(), lines.end(), [](const auto* a, const auto* b) { return a->number < b->number; });
    return lines;
}

bool LinesInFlight::holds_nick(const std::string& folded, const Jid& except_bare) const {
    return std::any_of(table_.all().begin(), table_.all().end(), [&](const OwnLine& line) {
        return !line.carried && !line.is_shown && line.speaker->folded_nick == folded &&
               line.speaker->real != except_bare;
    });
}

}  // namespace mucbridge
