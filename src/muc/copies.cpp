#include "muc/copies.hpp"

#include <functional>

namespace mucbridge {
namespace {

/// Settled, and not come back: so many are kept in mind.
constexpr std::size_t most_settled = 1000;

std::size_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

}  // namespace

void Copies::add(std::string id, std::string_view text) {
    if (by_id_.contains(id))
        return;
    const auto copy = unsettled_.insert(unsettled_.end(), {std::move(id), {hash_of(text), next_number_++}});
    by_id_.emplace(copy->id, copy);
    by_text_.emplace(copy->text, copy);
}

void Copies::settle(const std::string& id, std::optional<Tick> known_until) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end())
        return;
    const auto copy = found->second;
    by_id_.erase(found);
    if (!known_until || copy->is_back) {
        forget_text(copy);
        unsettled_.erase(copy);
        return;
    }
    copy->known_until = *known_until;
    settled_.splice(settled_.end(), unsettled_, copy);
    if (settled_.size() > most_settled) {
        forget_text(settled_.begin());
        settled_.pop_front();
    }
}

bool Copies::take(std::string_view text, Tick now) {
    forget(now);
    const auto found = by_text_.lower_bound({hash_of(text), 0});
    if (found == by_text_.end() || found->first.first != hash_of(text))
        return false;
    const auto copy = found->second;
    by_text_.erase(found);
    copy->is_back = true;
    if (!by_id_.contains(copy->id))
        settled_.erase(copy);
    return true;
}

void Copies::forget_text(List::iterator copy) {
    if (!copy->is_back)
        by_text_.erase(copy->text);
}

void Copies::forget(Tick now) {
    while (!settled_.empty() && settled_.front().known_until <= now) {
        forget_text(settled_.begin());
        settled_.pop_front();
    }
}

}  // namespace mucbridge
