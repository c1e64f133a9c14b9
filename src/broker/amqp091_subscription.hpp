#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "broker/amqp091_queue.hpp"
#include "broker/amqp091_stream.hpp"
#include "core/message.hpp"

namespace mucbridge {

/// One filter of a connection, from the wish to read it to the last message.
struct Amqp091Subscription {
    using Clock = std::chrono::steady_clock;
    using Answered = std::function<void(Granted)>;

    std::string filter, queue;
    Amqp091Wish wish;
    std::uint64_t number = 0;   // its consumer tag
    Answered answered;          // null: nobody asks
    std::uint64_t former = 0;   // whose queue goes once this one is read; 0: none
    Clock::time_point since{};  // asked for
    std::optional<Amqp091Stream> stream = {};
    std::optional<Clock::time_point> again = {};  // when it is asked for again; none: it is read, or asked for
    std::optional<bool> told = {};                // the latest answer
    bool was_refused = false;                     // and not read since

    /// Answers, unless that was the answer before.
    void answer(Granted granted) {
        if (answered && told != granted.granted)
            answered(granted);
        told = granted.granted;
    }
    /// Whether the broker is given an acknowledgement of each message. A stream wants it whatever we do.
    bool is_acknowledged() const { return wish.qos > 0 || stream; }
};

}  // namespace mucbridge
