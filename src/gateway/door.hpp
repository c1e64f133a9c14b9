#pragma once

#include <cstdint>
#include <string>

#include "xml/element.hpp"
#include "xmpp/session.hpp"

namespace mucbridge {

/// A way in for XMPP, as far as it lives on one loop: whom it let in can be reached again by the number in a Route. A
/// number of one who is gone reaches nobody.
class Door {
public:
    Door() = default;
    virtual ~Door() = default;
    Door(const Door&) = delete;
    Door& operator=(const Door&) = delete;

    virtual void send(std::uint64_t session, const SharedStanza& stanza) = 0;
    /// A stanza that already names its addressee.
    virtual void send(std::uint64_t session, const Element& stanza) = 0;
    /// The session is not in that room (any longer).
    virtual void forget_room(std::uint64_t session, const std::string& room) = 0;
    /// Most of what the session led to rooms of other loops has been taken there.
    virtual void caught_up(std::uint64_t session) = 0;
};

/// The number of the server door in a Route; the others follow.
inline constexpr std::uint32_t server_door = 0;

}  // namespace mucbridge
