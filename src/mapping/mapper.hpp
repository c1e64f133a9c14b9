#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "core/jid.hpp"
#include "core/message.hpp"
#include "core/result.hpp"

namespace mucbridge {

class Seal;

/// What a room is on the broker's side, by the first rule that matches its name.
struct Binding {
    std::string room;               // localpart
    std::size_t rule = 0;           // index into Config::rules
    std::string broker;             // a name in Config::brokers
    std::string write;              // the address to publish to; empty: direction in
    std::vector<std::string> read;  // filters to subscribe; empty: direction out
    int qos = 1;
    bool retain = false;
    PayloadKind payload = PayloadKind::text;
    bool reads_own = true;  // what is published comes back: `write` is selected by a filter in `read`
};

/// A line on its way out, in everything but its clothes.
struct Said {
    Line line;  // stanza_id is the id that travels
    std::string nick;
    Jid occupant;           // room@rooms/nick: XMPPFrom
    Jid room;               // XMPPTo
    WallTime said_at;       // when it was said
    WallTime published_at;  // of this very publication; later than said_at after an outage
};

/// A delivery understood, for one room. Nothing in it is trusted but what the seal vouches for.
struct Heard {
    std::string address;
    std::string id;      // as it came, "" where there is none: a UUID of ours or anybody's text, at most 128 bytes
    std::string origin;  // claimed
    bool sealed =
        false;  // the seal is valid: id, times, address, nick and body are what a gateway with our key published
    std::string
        nick;  // sealed: the occupant's; else a wish: from properties, JSON, template or broker; prepared, never empty
    std::string body;  // XML text, at most the configured bytes
    std::string raw;   // the payload as it came, for matching lines that carry no id
    std::string lang;
    std::string sender_id;  // XMPPID, the sender's own stanza id; only where sealed
    std::optional<WallTime> said_at, published_at;
    bool retained = false;
    bool cut = false;  // body was longer than a body may be
};

/// Which rooms are which addresses, and what lines look like there. Immutable, pure, shared between loops, replaced
/// whole at reload.
class Mapper {
public:
    /// `seal` outlives nothing: it is shared. Errors name the rule's path: "/rules/2/room: ...".
    static Result<std::shared_ptr<const Mapper>> make(const Config& config, std::shared_ptr<const Seal> seal);

    /// What this room is, or in words why no rule gives it an address (no rule matches, an empty level, a wildcard, a
    /// leading $, ...).
    Result<Binding> bind(std::string_view room) const;
    /// The rooms that an address feeds by the rules alone, whether or not they exist now: for `map`.
    /// Each answer is confirmed by bind(): a room whose first matching rule is another one is not in it.
    std::vector<Binding> rooms_fed_by(std::string_view broker, std::string_view address) const;
    /// Why an address feeds no room, or what it feeds, rule by rule, for a person.
    std::string explain_room(std::string_view room) const;
    std::string explain_address(std::string_view address) const;

    Publication outbound(const Binding& binding, const Said& said) const;
    /// None: there is nothing to say (an empty payload, which clears a retained message).
    std::optional<Heard> inbound(const Binding& binding, const Delivery& delivery) const;

private:
    struct Rule;
    std::vector<Rule> rules_;
    std::shared_ptr<const Seal> seal_;
    // ... the implementation adds what it needs
};

}  // namespace mucbridge
