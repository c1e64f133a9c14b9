#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/config.hpp"
#include "core/jid.hpp"
#include "core/login.hpp"
#include "core/scram.hpp"
#include "core/time.hpp"
#include "xml/element.hpp"
#include "xml/reader.hpp"
#include "xml/resting.hpp"
#include "xmpp/backlog.hpp"
#include "xmpp/channel.hpp"

namespace mucbridge {

class Session;

/// A stanza written once for many: everything but the addressee. What goes out is head + " to='...'" + tail.
struct SharedStanza {
    std::string head;  // "<message from='...' id='...'"
    std::string tail;  // "><body>...</body></message>"
};

/// What a session needs from the house behind it. All calls come on the session's loop; none may destroy the session.
struct SessionHost {
    /// Is this the right password (login open: always)? May answer later, on the session's loop.
    std::function<void(Session&, std::string username, std::string password, std::function<void(LoginAnswer)>)>
        authenticate;
    /// What is kept of this name's password; for a name that nobody has, a verifier that no proof fits. Nothing: it
    /// cannot be looked up now. May answer later, on the session's loop.
    std::function<void(Session&, std::string username, ScramHash hash,
                       std::function<void(std::optional<ScramVerifier>)>)>
        find_verifier = {};
    /// This name was claimed with a wrong password or proof: the refusal goes out when it is called back. Absent: at
    /// once.
    std::function<void(Session&, std::string username, std::function<void(bool)>)> delay_refusal = {};
    /// The session, whose jid() is bare by now, asks for a full one; `resource` is its wish, or a random one. May
    /// answer later, on the session's loop. A refusal is told as a conflict.
    std::function<void(Session&, std::string resource, std::function<void(Result<Jid>)>)> bind;
    /// A message, presence or iq that is not for the server or the user's own account. `from` is stamped with the full
    /// JID; `to` is a valid JID. Presence without `to` (availability) comes too, with `to` absent.
    /// A `number` other than 0 is a line's, and counts as handled when the host says so (Session::on_handled).
    std::function<void(Session&, Element stanza, std::uint64_t number)> on_stanza;
    /// It sent faster than the limits have it, and is not read from for a while. May be absent.
    std::function<void(Session&)> on_pause = {};
    /// What the session, which is bound, may be resumed by (XEP-0198): unique, not to be guessed. Absent: by nothing.
    std::function<std::string(const Session&)> make_resumption_id = {};
    /// The connection is lost, and the session waits to be resumed: nobody feeds it, what it is sent is kept.
    std::function<void(Session&, const std::string& why)> on_detached = {};
    /// This session, which is logged in, wants to go on as the one of that id. The host lets that one have the stream
    /// (hand_over, resume), or answers why not: the count of what it handled, where it still knows. On the session's
    /// loop.
    std::function<void(Session&, std::string id, std::uint32_t h, std::function<void(std::optional<std::uint32_t>)>)>
        resume = {};
    /// The stream is over, for whatever reason; comes once, last, and only if `bind` was called and not refused (the
    /// session may end before the answer). Never from inside send() or close().
    std::function<void(Session&, const std::string& why)> on_end;
};

/// One read of a session: so that a loop's sessions take turns.
inline constexpr std::size_t most_bytes_at_once = 16 * 1024;

/// A stream between two stanzas, without its socket.
struct StreamInHand {
    Reader reader;
    std::string read, unwritten;  // bytes: come and not yet looked at; to be written first
    std::string lang, peer;
};

/// What the sessions of one loop have in common.
struct SessionOptions {
    std::string domain, rooms_domain;
    Login login = Login::open;
    LimitsConfig limits;
    std::shared_ptr<Backlog> backlog = std::make_shared<Backlog>();  // of all their output
    std::shared_ptr<Resting> resting = std::make_shared<Resting>();  // of all their parsers
    bool legacy_auth = false;                                        // XEP-0078, over TLS
};

/// One client's stream, without its socket: bytes in, bytes out. RFC 6120; XEP-0045's clients need nothing else to log
/// in. It judges the header, offers what is really there, authenticates, binds, stamps `from`, and answers by itself
/// what is asked of the server or the account (disco, roster, ping, version, time, private storage, vCard); the rest
/// goes to the host.
class Session {
public:
    Session(std::uint64_t number, const SessionOptions& options, const SessionHost& host, Now now,
            Channel channel = {});
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void on_bytes(std::string_view bytes, Now now);
    /// The peer asked for TLS and was told to go ahead: once the output is written, the shell shakes hands and says
    /// on_encrypted(). Nothing that was read before counts after it (RFC 6120 §5.4.3.3).
    bool wants_tls() const;
    void on_encrypted(Channel channel);
    /// The peer closed its side or the socket failed.
    void on_disconnected(const std::string& why);
    /// Time limits: a stream that is not bound in time is closed with connection-timeout. A session that was quiet
    /// since the last tick gives back its parser's memory.
    void on_tick(Now now);
    /// When the next tick is due.
    Tick::duration tick_after() const;

    /// Queues whole stanzas, already escaped. Nothing happens before binding, or once the stream is closing. Over the
    /// queue's bound the session is closed with policy-violation: a reader that never reads.
    void send(std::string_view stanza);
    void send(const SharedStanza& stanza);
    void send(const Element& stanza);
    /// The line of that number is where it was meant to go, or refused.
    void on_handled(std::uint64_t number);

    /// True while it has no connection and may be resumed.
    bool is_detached() const;
    /// It has a connection, which is lost or replaced: from now on it waits. Nothing where it cannot be resumed.
    void detach(const std::string& why);
    /// What it may be resumed by: the id, by a session of the same bare JID, with a count that can be.
    bool may_resume(std::string_view id, const Jid& bare, std::uint32_t h) const;
    /// Empty where it cannot be.
    std::string resumption_id() const;
    std::uint32_t handled() const;
    /// Gives its stream away, to go on as another session. It is done with then.
    StreamInHand hand_over();
    /// Goes on, detached as it is, with a stream that another session was logged in on.
    void resume(StreamInHand stream, std::uint32_t h, Now now);

    /// Closes with a stream error (RFC 6120 §4.9.3), or gracefully where the condition is empty.
    void close(std::string_view condition = {}, std::string_view text = {});

    /// Bytes to write: look, then say how much of the front is gone.
    std::string_view unwritten() const;
    /// It does not read, while others do.
    bool is_stuck() const;
    /// Closes it without what it has not read, for others need the memory.
    void give_up();
    void wrote(std::size_t bytes);
    /// All of them at once, for a shell without a socket.
    std::string take_output();
    /// That its queue occupies.
    std::size_t output_memory() const;
    /// Called whenever there come to be bytes to write, or is_over() or wants_bytes() becomes true. Set by the shell.
    void set_wake(std::function<void()> wake);
    /// True when nothing more will be read or queued: write what is unwritten and close the socket.
    bool is_over() const;
    /// False while the host thinks about a login: what arrives now is held, so it is better left in the socket.
    bool wants_bytes() const;
    /// The host has enough of this session for now, or has no longer: wants_bytes() is false meanwhile.
    void leave_unread(bool is_left_unread);
    /// The peer is ahead of its rate: what it sends is better left in the socket until then.
    Tick reads_again_at() const;
    /// So much is read at once at most: of who may send little, little.
    std::size_t bytes_at_once() const;

    std::uint64_t number() const;
    bool is_bound() const;
    const Jid& jid() const;           // bare after SASL, full once bound
    const std::string& peer() const;  // "127.0.0.1:43210", for logs
    void set_peer(std::string peer);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mucbridge
