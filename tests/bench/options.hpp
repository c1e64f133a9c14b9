#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace mucbridge::bench {

/// What to do to which server.
struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 61222;
    std::string domain = "localhost", rooms_domain;  // empty: "rooms." + domain
    std::string password = "bench";
    unsigned rooms = 1, occupants = 10;
    unsigned senders = 0;  // a room's; 0: all its occupants speak, in turn
    std::uint64_t lines = 0;
    unsigned window = 16;  // closed loop: a room's lines on their way
    double rate = 0;       // lines a second, of all rooms together; 0: closed loop
    double seconds = 10;   // where `lines` does not say when to stop
    std::size_t body = 100;
    pid_t server = 0;
    unsigned connecting = 32;           // at a time
    std::chrono::seconds patience{20};  // without a byte from the server
};

/// Exits by itself on --help (0) and on what it cannot understand (64).
Options parse_options(int argc, char** argv);

}  // namespace mucbridge::bench
