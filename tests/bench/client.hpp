#pragma once

#include <string>
#include <string_view>

#include "bench/connection.hpp"
#include "bench/options.hpp"
#include "bench/room_tally.hpp"

namespace mucbridge::bench {

/// One occupant of one room, by an account of its own: logs in, joins, speaks when told, and gives what it hears to the
/// room's tally.
class Client : public Connection {
public:
    Client(const Options& options, unsigned room, unsigned occupant, RoomTally& tally, Latencies& latencies);

    void connect(int poll) { Connection::connect(poll, options_.server.address, options_.server.port); }
    bool is_joined() const { return phase_ == Phase::joined; }
    /// Queued: gone with the next flush.
    void say(LineName name);
    /// Ends the stream, whatever comes of it.
    void leave() noexcept { close("</stream:stream>"); }

private:
    enum class Phase { header, authenticating, second_header, binding, joining, joined };

    void on_open() override { send_header(); }
    void on_bytes(std::string_view& bytes) override;
    bool take_step(std::string_view& input);
    void check_join(std::string_view& input);
    void hear(std::string_view& bytes);
    void send_header();
    void send_join();

    const Options& options_;
    RoomTally& tally_;
    Latencies& latencies_;
    unsigned occupant_;
    std::string user_, room_;
    Phase phase_ = Phase::header;
};

}  // namespace mucbridge::bench
