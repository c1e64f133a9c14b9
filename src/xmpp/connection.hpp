#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "xmpp/session.hpp"
#include "xmpp/tls_context.hpp"
#include "xmpp/turn_end.hpp"
#include "xmpp/wire.hpp"

namespace mucbridge {

/// A socket around a Session, on the io_context of the session's loop. Lives by itself until the socket is closed and
/// everything that was queued is written (bounded in time), at the end of each of the loop's turns; then `on_closed`
/// comes, once, and it may be destroyed. The session, which may go on without it, outlives it.
class Connection {
public:
    /// A handshake is asked for: when it may begin.
    using ReserveHandshake = std::function<Tick()>;

    Connection(boost::asio::io_context& io, TurnEnd& turn_end, Wire wire, Session& session,
               std::function<void(Connection&)> on_closed, std::function<Now()> now);
    /// Closes the socket at once where it is still open, without a word to anybody.
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    /// What TLS there may be on a wire that has none yet. Absent: `reserve` has every handshake begin at once. Before
    /// start().
    void offer_tls(const TlsOffer& offer, ReserveHandshake reserve = {});
    void start();
    /// Ends the stream with this error, which the peer is told as far as the socket takes it now, and closes the socket
    /// without waiting.
    void drop(std::string_view condition, std::string_view text);
    /// Gives the socket away, TLS and all, to go on under another session; what is unwritten stays with this session,
    /// and has to be written there first. Nothing where the stream is over or in the middle of a handshake. Afterwards
    /// the connection is done: it tells nobody and may be destroyed, but not inside a call of its own session's.
    std::optional<Wire> release();
    /// "TLS 1.3", or empty without.
    std::string protocol() const;
    Session& session();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace mucbridge
