#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/options.hpp"
#include "bench/room_tally.hpp"

namespace mucbridge::bench {

/// One occupant of one room: logs in, joins, speaks when told, and gives what it hears to the room's tally. Trouble is
/// a std::runtime_error that names the client.
class Client {
public:
    Client(const Options& options, RoomTally& tally, unsigned room, unsigned occupant);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Its socket is watched by `poll`, an epoll descriptor, with the client's address.
    void connect(int poll);
    void on_event(std::uint32_t events, Latencies& latencies);
    bool is_joined() const { return phase_ == Phase::joined; }
    void say(LineName name);
    /// Ends the stream, whatever comes of it.
    void leave() noexcept;

private:
    enum class Phase { idle, connecting, header, authenticating, second_header, binding, joining, joined };

    void read(Latencies& latencies);
    bool take_step();
    bool skip_past(std::string_view token);
    void check_join();
    void hear(std::string_view bytes, Latencies& latencies);
    void send(std::string_view bytes);
    void write();
    void watch(int operation);
    void send_header();
    void send_join();
    [[noreturn]] void fail(const std::string& what) const;

    const Options& options_;
    RoomTally& tally_;
    unsigned occupant_;
    std::string user_, resource_, room_;
    int socket_ = -1, poll_ = -1;
    Phase phase_ = Phase::idle;
    bool waits_to_write_ = false;
    std::string input_;   // what is not understood yet
    std::string output_;  // what the socket did not take
};

}  // namespace mucbridge::bench
