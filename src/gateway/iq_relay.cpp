#include "gateway/iq_relay.hpp"

#include "core/unique.hpp"

namespace mucbridge {

namespace {

constexpr std::size_t most_waiting = 500;
constexpr std::chrono::seconds patience{60};
constexpr std::size_t id_bytes = 16;

}  // namespace

std::optional<std::string> IqRelay::add(Request request, Tick now) {
    while (!waiting_.empty() && waiting_.front().until <= now) {
        by_id_.erase(waiting_.front().id);
        waiting_.pop_front();
    }
    if (waiting_.size() >= most_waiting)
        return std::nullopt;
    // Not to be guessed: nobody else's answer is taken, and nobody learns what others ask.
    std::string id = make_random_hex(id_bytes);
    by_id_[id] = waiting_.insert(waiting_.end(), {id, std::move(request), now + patience});
    return id;
}

std::optional<IqRelay::Request> IqRelay::take(const std::string& id, const Jid& from) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end() || found->second->request.real != from.bare())
        return std::nullopt;
    Request request = std::move(found->second->request);
    waiting_.erase(found->second);
    by_id_.erase(found);
    return request;
}

}  // namespace mucbridge
