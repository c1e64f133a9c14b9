#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/jid.hpp"
#include "core/time.hpp"

namespace mucbridge {

/// Who enters which room, and through which server.
struct RoomVisit {
    std::string server;              // "xmpp://127.0.0.1:61222"
    std::string domain;              // of the account
    std::string username, password;  // no username: ANONYMOUS; with one, a password is needed
    Jid room;
    std::string nick;
    // TLS is spoken where the server offers it. Its certificate has to be the domain's, and signed by one of these.
    std::vector<std::string> authorities = {};  // PEM files
    bool wants_tls = false;                     // nothing is sent without
};

struct RoomJoined {
    bool created = false;
};
/// A message with a body that an occupant said.
struct RoomLine {
    std::string nick, body;
    std::string id;         // its sender's
    std::string stanza_id;  // the room's
    std::string delayed;    // when it was first said (XEP-0203), or empty
    bool is_ours = false;   // the reflection of what say() sent under this id
};
/// The room will not have it.
struct RoomRefusal {
    std::string id;  // that say() gave; empty: entering is refused
    std::string condition, text;
};
/// A word from the room itself.
struct RoomNotice {
    std::string text;
};
/// It is over: nothing comes after this.
struct RoomEnded {
    std::string reason;
};
using RoomEvent = std::variant<RoomJoined, RoomLine, RoomRefusal, RoomNotice, RoomEnded>;

/// An XMPP client's visit to one room: a conversation of calls on one thread, without history.
class RoomClient {
public:
    /// Connects, logs in and enters; RoomJoined, RoomRefusal or RoomEnded tells how that went.
    explicit RoomClient(RoomVisit visit);
    ~RoomClient();
    RoomClient(const RoomClient&) = delete;
    RoomClient& operator=(const RoomClient&) = delete;

    /// The next event; none: the deadline has come, or wake() was called.
    std::optional<RoomEvent> next(Tick deadline);
    /// From any thread: next() returns.
    void wake();
    /// Says a line of XML text in the room; its id comes back in RoomLine or RoomRefusal.
    std::string say(std::string_view body);
    /// Leaves and closes the stream, and waits for both until the deadline.
    void leave(Tick deadline);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mucbridge
