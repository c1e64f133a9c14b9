#pragma once

#include <string>
#include <vector>

#include "muc/options.hpp"

namespace mucbridge {

/// Another address that the same words go to and come from. What it delivers is published at home first.
struct MirrorWiring {
    bool writes = true, reads = true;
    bool reads_own = true;           // what is published there comes back from there
    bool carries_properties = true;  // id, origin and seal have a place there
    std::string address = {};        // that is published to
    std::string mark = {};           // "[other]": what its publishers' nicks end in, and no occupant's may
};

/// How a room meets its broker, from Binding and BrokerFacts.
struct RoomWiring {
    bool writes = true;              // a rule gives it an address to publish to
    bool reads = true;               // and filters to subscribe
    bool reads_own = true;           // what it publishes comes back
    std::string home = {};           // the address it publishes to
    std::string mark = {};           // "[main]": what publishers' nicks end in, and no occupant's may
    bool carries_properties = true;  // id, origin and seal have a place in what is published (or the payload is json)
    bool retains = true;             // what is published there is kept for who subscribes later
    bool tells_refusals = true;      // accepted means that the broker took it (MQTT 5, AMQP, at QoS 1 or 2)
    std::string filters = {};        // what it reads, for people: "foo/bar"; empty: home
    bool persistent = false;         // by its rule: it is so from the start, and stays so
    RoomAccess access = {};
    std::vector<MirrorWiring> mirrors = {};
};

}  // namespace mucbridge
