#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/receipt.hpp"
#include "core/time.hpp"

namespace mucbridge {

/// Bytes that many share and nobody changes.
using Bytes = std::shared_ptr<const std::string>;

/// What an occupant sends to a room: the parts of a groupchat message that room and topic care about.
struct Line {
    std::string id;                      // the sender's, reflected as it came; may be empty
    std::string stanza_id;               // the room's (XEP-0359), a UUIDv7; the same on every gateway
    std::string lang;                    // xml:lang, or empty
    std::optional<std::string> body;     // the first body without or with a language; none: not published
    std::optional<std::string> subject;  // present and empty: the subject is cleared
    Bytes extra;                         // every other child, well-formed XML with its namespaces declared; may be null
    /// Which line it answers (XEP-0461), by its stanza-id; empty: none. In `extra` too, where there is one.
    std::string answers = {};
};

/// One message to a broker. Source: Mapper. Sink: Broker.
struct Publication {
    std::string address;  // MQTT topic, routing key or node address, as the broker spells it
    std::string payload;
    int qos = 1;  // 0, 1 or 2; AMQP takes 0 as unconfirmed
    bool retain = false;
    std::string content_type;  // empty: none
    bool is_text = true;       // the payload is UTF-8 (MQTT 5 payload format indicator 1)
    std::vector<std::pair<std::string, std::string>> properties;  // user properties, headers; both sides UTF-8
    std::string id = {};                                          // AMQP's message-id; empty: none
    WallTime said_at{};                                           // AMQP's timestamp; 0: none
    bool mandatory = false;                                       // AMQP 0-9-1: refused where no queue takes it
    std::string answers = {};                                     // correlation-id, correlation data; empty: none
};

/// One message from a broker, every byte of it a stranger's.
struct Delivery {
    std::string address;
    std::string payload;
    int qos = 0;
    bool retained = false;
    bool duplicate = false;  // MQTT's DUP flag, AMQP's redelivered
    std::string content_type;
    std::vector<std::pair<std::string, std::string>> properties;
    std::uint32_t packet_id = 0;  // MQTT's number for it on this session: a second copy has it too; 0: none
    std::string filter = {};      // AMQP: the one it came by, which has a queue of its own; empty: any that matches
    std::optional<std::uint64_t> offset = {};  // AMQP: its place in the stream that it came from; none: from a queue

    // What we note when it comes.
    std::uint64_t journal = 0;   // its number there; 0: it is in none
    std::string stanza_id = {};  // for the line that it becomes, if that has none of its own
    WallTime heard_at{};
    Receipt receipt = {};  // kept until the line is safe

    /// The first property of that name, or null.
    const std::string* property(std::string_view name) const;
};

/// What became of a publication.
struct Settlement {
    enum class Outcome {
        accepted,  // the broker has it (at QoS 0: it was handed to the socket)
        rejected,  // the broker will never take it; `reason` says why
        released,  // nobody knows: the connection died first; the same publication may be tried again
    } outcome;
    std::string reason = {};  // in words; for rejected and released
};

/// A broker's answer to a subscription.
struct Granted {
    bool granted;
    int qos = 0;              // what the broker gave
    std::string reason = {};  // in words, when not granted
};

}  // namespace mucbridge
