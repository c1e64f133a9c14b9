#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/config.hpp"
#include "core/result.hpp"

namespace CLI {
class App;
}

namespace mucbridge {

/// What `map`, `send` and `tail` are about: "foo.bar@rooms.localhost" is a room, "foo/bar" a topic; other words are
/// a topic or a routing key, unless --room says otherwise.
struct Target {
    std::string text;
    bool is_room = false, is_topic = false;  // told by a flag

    bool may_be_room() const;
    bool may_be_topic() const;
};

void add_target(CLI::App& command, Target& target, const std::string& about);

/// The room of that name: with its domain as it stands, else the rooms' domain here.
Result<Jid> to_room(const std::string& text, const Config& config);

/// Where the gateway of this configuration takes clients: as it says itself if it runs, else as configured.
Result<std::string> find_listener(const Config& config);

/// The broker of that name (empty: main, or the only one), with the URL of the private one if the gateway has one.
Result<BrokerConfig> find_broker(const Config& config, const std::string& name);

}  // namespace mucbridge
