#include "xmpp/turn_end.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace mucbridge {

namespace {
constexpr std::chrono::microseconds longest_turn{500}, shortest_interval{250};
}

void TurnEnd::add(std::shared_ptr<Waiting> waiting) {
    waiting_.push_back(std::move(waiting));
    if (waiting_.size() > 1)
        return;
    began_ = Clock::now();
    look_again();
}

/// What is posted runs after everything that is ready by then, and after the sockets were looked at once.
void TurnEnd::look_again() {
    has_worked_ = false;
    boost::asio::post(io_, [this] {
        if (has_worked_ && Clock::now() - began_ < longest_turn)
            look_again();
        else
            end();
    });
}

void TurnEnd::relieve() {
    for (const auto& each : waiting_)
        each->on_relief();
}

void TurnEnd::end() {
    if (Clock::now() - ended_ >= shortest_interval)
        return run();
    pause_.expires_at(ended_ + shortest_interval);
    pause_.async_wait([this](const boost::system::error_code& error) {
        if (!error)
            run();
    });
}

void TurnEnd::run() {
    // Writing may make more to write: that waits for the next turn's end.
    for (const auto& each : std::exchange(waiting_, {}))
        each->on_turn_end();
    ended_ = Clock::now();
}

}  // namespace mucbridge
