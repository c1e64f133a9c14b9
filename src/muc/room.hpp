#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/heard.hpp"
#include "muc/effects.hpp"
#include "muc/options.hpp"

namespace mucbridge {

/// Who speaks: one session, with the full JID that its door vouches for.
struct Visitor {
    Route route;
    Jid jid;
};

/// How much of the past a joiner wants. XEP-0045 §7.2.13.
struct HistoryWish {
    std::optional<std::size_t> max_characters, max_stanzas;
    std::optional<std::chrono::seconds> seconds;
    std::optional<WallTime> since;
};

/// A presence that asks to enter.
struct JoinRequest {
    std::string nick;  // prepared
    std::optional<std::string> password;
    HistoryWish history;
    Bytes extra;     // children of the presence that are shown to others; may be null
    std::string id;  // of the presence; may be empty
};

/// How a room meets its broker, from Binding and BrokerFacts.
struct RoomWiring {
    bool writes = true;              // a rule gives it an address to publish to
    bool reads = true;               // and filters to subscribe
    bool reads_own = true;           // what it publishes comes back
    std::string home;                // the address it publishes to
    std::string mark;                // "[main]": what publishers' nicks end in, and no occupant's may
    bool carries_properties = true;  // id, origin and seal have a place in what is published (or the payload is json)
    bool tells_refusals = true;      // accepted means that the broker took it (MQTT 5, AMQP, at QoS 1 or 2)
};

/// One room, purely: given what happened and the time, it says what is to be done. It touches no socket, broker or
/// clock. XEP-0045; design: the topic is the room, so a line is said when it comes back from the broker.
class Room {
public:
    /// `occupant_id` makes XEP-0421's id of a bare JID in this room.
    Room(Jid address, RoomOptions options, RoomLimits limits, RoomWiring wiring, std::string origin,
         std::function<std::string(const Jid& bare)> occupant_id, Now now);
    ~Room();
    Room(Room&&) noexcept;
    Room& operator=(Room&&) noexcept;

    // What occupants and would-be occupants do.
    Effects on_join(const Visitor& visitor, JoinRequest request, Now now);
    /// Presence to the room's own occupant JID by one who is inside: a new status, or (another nick) a change of nick.
    Effects on_presence(const Visitor& visitor, std::string nick, Bytes extra, std::string id, Now now);
    /// <presence type='unavailable'/> to the room.
    Effects on_leave(const Visitor& visitor, Bytes extra, Now now);
    /// The session is gone without a word; statuses: {} or {333}.
    Effects on_gone(const Visitor& visitor, std::vector<int> statuses, Now now);
    /// `carried`: the line as it came; subject without body is a change of subject.
    Effects on_groupchat(const Visitor& visitor, Line line, Now now);
    Effects on_private(const Visitor& visitor, std::string nick, std::string type, Line line, Now now);

    // What the broker does.
    Effects on_wired(RoomWiring wiring, Now now);  // another rule or another protocol after a reload or a reconnect
    Effects on_granted(const Granted& granted, Now now);
    Effects on_broker_up(Now now);
    Effects on_broker_away(const std::string& reason, Now now);
    /// The broker is away or behind: the line waits, unseen. Its speaker is told, once an outage.
    Effects on_waiting(const std::string& stanza_id, Now now);
    /// No room left to wait in: resource-constraint.
    Effects on_full(const std::string& stanza_id, Now now);
    Effects on_settled(const std::string& stanza_id, const Settlement& settlement, Now now);
    Effects on_heard(Heard heard, Now now);

    // Time, and the end.
    Effects on_tick(Now now);
    /// When on_tick() is wanted next; none: not before something happens.
    std::optional<Tick> next_tick() const;
    /// Everybody out: 332. The room is over.
    Effects on_shutdown(Now now);

    // What others may ask.
    const Jid& address() const;
    const RoomOptions& options() const;
    const std::string& subject() const;
    std::size_t occupant_count() const;
    std::vector<std::string> nicks() const;
    /// Is this session in the room, and under which nick.
    const std::string* nick_of(const Jid& full) const;
    bool has_nick(const std::string& nick) const;
    Affiliation affiliation_of(const Jid& jid) const;
    std::size_t in_flight() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mucbridge
