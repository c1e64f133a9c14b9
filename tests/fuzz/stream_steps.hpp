#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mucbridge::stream_fuzz {

/// What may happen next.
enum class Kind : std::uint8_t {
    log_in,     // a new stream, the old one is dropped
    join,       // presence with <x xmlns='muc'/>
    say,        // a body to the room
    gesture,    // a groupchat message without a body
    subject,    // a subject, for the room
    leave,      // presence unavailable to the room
    nick,       // presence to another occupant JID of the room
    status,     // presence to one's own
    whisper,    // a private message
    role,       // muc#admin, by a nick
    rank,       // muc#admin, an affiliation
    configure,  // muc#owner: forms, cancel, destroy
    ask,        // iq of all sorts, to everybody
    enrol,      // registration
    invite,     // invitations, declines
    voice,      // requests and answers
    direct,     // to another user
    answer,     // to an iq that came
    bounce,     // an error
    odd,        // presences of odd types
    available,  // presence without `to`, of both types
    hang_up,    // the end of the stream or of the connection
    broken,     // what is no stanza
    publish,    // beside the gateway
    broker,     // down, up, cut, refusing, holding
    wind,       // the clock
};

/// Four bytes of input, so that a changed byte changes one thing.
struct Step {
    Kind kind = Kind::wind;
    bool settles = true;  // else the next step comes before anything has run
    bool is_cut = false;  // the session's bytes come in two parts, the second one later
    unsigned who = 0, room = 0, a = 0, b = 0;
};

/// The first four bytes.
struct Setup {
    unsigned sessions = 2, loops = 1;
    bool is_mqtt5 = true;       // else publications carry no properties and refusals are silent
    bool begins_inside = true;  // everybody is logged in and in the first room
};

struct Play {
    Setup setup;
    std::vector<Step> steps;
};

inline constexpr std::size_t steps_at_most = 160;

Play decode(const std::uint8_t* data, std::size_t size);
std::string_view name_of(Kind kind);

}  // namespace mucbridge::stream_fuzz
