#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "core/jid.hpp"
#include "muc/affiliation.hpp"

namespace mucbridge {

/// Whose presence is told to others: muc#roomconfig_presencebroadcast.
struct PresenceBroadcast {
    bool visitor = true, participant = true, moderator = true;
    bool none = false;  // members with a reserved nick who are not inside

    bool shows(Role role) const;
    bool operator==(const PresenceBroadcast&) const = default;
};

/// A room's configuration: what its owner may change. XEP-0045 §10.2.
struct RoomOptions {
    std::string title = {}, description = {}, language = {};
    bool moderated = false;
    bool members_only = false;
    bool hidden = false;
    bool persistent = false;     // outlives its occupants, and the process
    bool semi_anonymous = true;  // real JIDs are shown to moderators alone
    bool anyone_sets_subject = false;
    std::string password = {};
    std::size_t max_users = 0;  // 0: as many as the service allows
    PresenceBroadcast broadcast = {};
    Role may_write_privately = Role::visitor;  // the least role; none: nobody
    bool members_invite = false;               // in a members-only room: not admins alone

    bool operator==(const RoomOptions&) const = default;
};

/// What the operator lets happen in a room, by bare JID. An empty function lets everybody (administrators: nobody).
struct RoomAccess {
    std::function<bool(const Jid&)> may_read, may_write;
    std::function<bool(const Jid&)> is_administrator;  // of the service: an owner everywhere
    std::function<bool(const Jid&)> is_kept;           // what these are to a persistent room outlives the process
    std::function<bool()> may_persist;                 // one room more may be persistent
    std::string rule = {};                             // which rule says so, for people: "rule 2"
};

/// Bounds and times that the operator sets for every room.
struct RoomLimits {
    std::size_t occupants = 5000;
    std::size_t nick_characters = 64;
    std::size_t lines_in_flight = 1000;
    std::size_t history_lines = 20;
    std::size_t past_lines = 5000;       // of a persistent room's archive, for one who asks for them
    std::size_t affiliations = 10000;    // users and reserved nicks that a room keeps in mind
    std::size_t remembered_ids = 16384;  // lines said lately, so that a second copy is known
    std::chrono::milliseconds subscription_wait{2000};
    std::chrono::milliseconds echo_wait{5000};
    std::chrono::milliseconds linger{30000};
    int missing_echoes = 3;  // after so many in a row the room stops waiting for echoes
};

}  // namespace mucbridge
