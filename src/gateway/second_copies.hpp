#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "core/message.hpp"

namespace mucbridge {

/// Knows what a broker delivers a second time because our acknowledgement was lost with the connection. It does so when
/// a session is resumed, before anything new, in the old order: MQTT under the old packet ids (MQTT 5 §4.4, §4.6), AMQP
/// queue by queue, marked (0-9-1 §1.8.3.13).
class SecondCopies {
public:
    /// What a second copy has in common with the first.
    struct Heard {
        std::uint32_t packet_id;
        std::size_t queue, hash;  // queue: of its filter; 0: none
        auto operator<=>(const Heard&) const = default;
    };
    static Heard to_heard(const Delivery& delivery);

    /// A connection begins: to the session that the former one had, or to one that knows nothing of it.
    void on_up(bool has_session);
    /// Whether it was heard on an earlier connection of the session. Wants every delivery once, in order.
    bool is_second_copy(const Delivery& delivery);
    /// The broker has our acknowledgements of so many more of this connection's deliveries, from the oldest on.
    void forget(std::size_t count);

private:
    static constexpr std::size_t most = 1000;  // a broker leaves fewer unacknowledged

    bool take_earlier(const Heard& heard);

    std::deque<Heard> earlier_;  // on former connections, and may come again
    std::deque<Heard> current_;
};

}  // namespace mucbridge
