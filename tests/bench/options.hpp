#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mucbridge::bench {

/// What is measured.
enum class Scenario {
    lines,     // from the occupants of rooms to all occupants
    to_topic,  // from the occupants of rooms to all occupants and to the subscriber of the rooms' topics
    to_room,   // from a publisher on the rooms' topics to all occupants
    broker,    // from a publisher on topics to their subscriber, without rooms: what the broker itself can do
    joins,     // connecting, logging in and entering, and no more
    idle,      // memory, once all are in and nobody speaks
};

struct Endpoint {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
};

/// What to do to which server.
struct Options {
    Scenario scenario = Scenario::lines;
    Endpoint server{"127.0.0.1", 61222}, broker{"127.0.0.1", 1883};
    std::string domain = "localhost", rooms_domain;  // empty: "rooms." + domain
    std::string password = "bench";
    std::string prefix;  // of the rooms' names. Without one they are this run's alone: no history, no other occupants
    unsigned rooms = 1, occupants = 10;
    unsigned senders = 0;  // a room's; 0: all its occupants speak, in turn
    std::uint64_t lines = 0;
    unsigned window = 16;  // closed loop: a room's lines on their way; 0: none
    double rate = 0;       // then lines a second, of all rooms together; 0: none
    double seconds = 10;   // of each, where `lines` does not say when to stop
    std::size_t body = 100;
    int qos = 0;
    pid_t server_process = 0, broker_process = 0;  // whose CPU is counted; no broker's: 0
    unsigned connecting = 32;                      // at a time
    std::chrono::seconds settle{5};                // idle: before memory is looked at
    std::chrono::seconds patience{20};             // without a byte from the server

    bool publishes() const { return scenario == Scenario::to_room || scenario == Scenario::broker; }
    bool subscribes() const { return scenario == Scenario::to_topic || scenario == Scenario::broker; }
};

/// Exits by itself on --help (0) and on what it cannot understand (64).
Options parse_options(int argc, char** argv);

/// The name of a room, and of its topic.
std::string name_room(const Options& options, unsigned room);
/// Which room has that name.
std::optional<unsigned> find_room(const Options& options, std::string_view name);

}  // namespace mucbridge::bench
