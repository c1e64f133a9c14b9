#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/jid.hpp"
#include "core/message.hpp"

namespace mucbridge {

/// A line on its way out, in everything but its clothes. Source: Room. Sink: Mapper::outbound.
struct Said {
    Line line;  // stanza_id is the id that travels; `answers` has the id by which that line is known at the address
    std::string nick;
    Jid occupant;           // room@rooms/nick: XMPPFrom
    Jid room;               // XMPPTo
    WallTime said_at{};     // when it was said
    WallTime published_at;  // of this very publication; later than said_at after an outage
};

/// A delivery understood, for one room. Source: Mapper::inbound. Nothing in it is trusted but what the seal vouches
/// for.
struct Heard {
    std::string address;
    std::string id;      // as it came, "" where there is none: a UUID of ours or anybody's text, at most 128 bytes
    std::string origin;  // claimed
    bool sealed =
        false;  // the seal is valid: id, times, address, nick and body are what a gateway with our key published
    std::string
        nick;  // sealed: the occupant's; else a wish, from properties, JSON, template or broker; prepared, never empty
    std::string body;  // XML text, at most the configured bytes
    std::string raw;   // the payload as it came, for matching lines that carry no id
    std::string lang;
    std::string sender_id;        // XMPPID, the sender's own stanza id; only where sealed
    std::string message_id = {};  // by which its publisher knows it: AMQP's, else `id`; empty: none
    std::string answers = {};     // which message it answers, likewise: AMQP's correlation-id; empty: none
    std::optional<WallTime> said_at, published_at;
    bool retained = false;
    bool cut = false;           // the body was longer than a body may be
    std::uint64_t journal = 0;  // the delivery's number, time, stanza-id and receipt: see Delivery
    WallTime heard_at{};
    std::string stanza_id = {};
    Receipt receipt = {};
    std::optional<std::size_t> mirror;  // which of the room's mirrors delivered it; none: home
};

}  // namespace mucbridge
