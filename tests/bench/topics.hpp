#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/connection.hpp"
#include "bench/options.hpp"
#include "bench/room_tally.hpp"

namespace mucbridge::bench {

/// The rooms' topics, by one connection to the broker: gives what is published there to the rooms' tallies, or
/// publishes there when told.
class Topics : public Connection {
public:
    enum class Role { publisher, subscriber };

    /// A subscriber listens as the one after the last occupant of every room.
    Topics(const Options& options, Role role, std::vector<RoomTally>& tallies, Latencies& latencies);

    void connect(int poll) { Connection::connect(poll, options_.broker.address, options_.broker.port); }
    /// Connected, and subscribed to all that it wants.
    bool is_ready() const { return is_connected_ && answers_missing_ == 0; }
    /// Queued: gone with the next flush.
    void publish(unsigned room, LineName name);

private:
    void on_open() override;
    void on_bytes(std::string_view& bytes) override;
    void on_connected(std::string_view answer);
    void on_subscribed(std::string_view answer);
    void hear(std::string_view topic, std::string_view payload, Tick at);

    const Options& options_;
    Role role_;
    std::vector<RoomTally>& tallies_;
    Latencies& latencies_;
    bool is_connected_ = false;
    std::size_t answers_missing_ = 0;
    std::uint16_t last_id_ = 0;
};

}  // namespace mucbridge::bench
