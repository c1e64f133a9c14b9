#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "broker/rabbitmq_c.hpp"
#include "core/message.hpp"
#include "core/time.hpp"

namespace mucbridge {

/// Where a subscription reads in its stream: a log that keeps what was read, and gives it from any offset on.
///
/// A stream that was deleted and made anew begins at 0 again. Whoever asks for an offset that it has yet to reach gets
/// silence until then, and no word of it. So what is asked for is the message that was had last: it has to come again,
/// and at once.
class Amqp091Stream {
public:
    using Clock = std::chrono::steady_clock;

    /// `after`: the offset that was had last. Else `since`: all that came since then is new. Neither: what comes from
    /// the first ask() on.
    explicit Amqp091Stream(std::optional<std::uint64_t> after, std::optional<WallTime> since = {})
        : last_(after), since_(since) {}

    /// The stream is another, and all that it has is new.
    void begin_anew();
    /// Adds what basic.consume is to have.
    void ask(RabbitTable& arguments, const Now& now);
    /// Whether the message at that offset is new.
    bool take(std::uint64_t offset);
    /// Messages that came while nobody read, and that the stream keeps no longer; once.
    std::uint64_t take_missed() { return std::exchange(missed_, 0); }
    /// What was had last should have come again by now.
    bool is_overdue(Clock::time_point now) const { return due_ && now >= *due_; }

private:
    std::optional<std::uint64_t> last_;
    std::optional<WallTime> since_;
    bool is_from_first_ = false;
    std::optional<Clock::time_point> due_;  // none: nothing is to come again
    std::uint64_t missed_ = 0;
};

/// Takes the offset, which RabbitMQ sets whatever the publisher said, off the delivery's properties.
std::optional<std::uint64_t> take_stream_offset(Delivery& delivery);

}  // namespace mucbridge
