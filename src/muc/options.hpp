#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace mucbridge {

/// A room's configuration: what its owner may change. XEP-0045 §10.2.
struct RoomOptions {
    std::string title = {}, description = {};
    bool moderated = false;
    bool members_only = false;
    bool hidden = false;
    bool semi_anonymous = true;  // real JIDs are shown to moderators alone
    bool anyone_sets_subject = false;
    std::string password = {};
    std::size_t max_users = 0;  // 0: as many as the service allows
};

/// Bounds and times that the operator sets for every room.
struct RoomLimits {
    std::size_t occupants = 5000;
    std::size_t nick_characters = 64;
    std::size_t lines_in_flight = 1000;
    std::size_t history_lines = 20;
    std::size_t remembered_ids = 4096;  // lines said lately, so that a second copy is known
    std::chrono::milliseconds subscription_wait{2000};
    std::chrono::milliseconds echo_wait{5000};
    std::chrono::milliseconds linger{30000};
    int missing_echoes = 3;  // after so many in a row the room stops waiting for echoes
};

}  // namespace mucbridge
