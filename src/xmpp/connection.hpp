#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "xmpp/session.hpp"
#include "xmpp/turn_end.hpp"

namespace mucbridge {

/// A socket around a Session, on the io_context of the session's loop. Lives by itself until the socket is closed and
/// everything that was queued is written (bounded in time), at the end of each of the loop's turns; then `on_closed`
/// comes, once, and it may be destroyed.
class Connection {
public:
    Connection(boost::asio::io_context& io, TurnEnd& turn_end, int native_socket, std::unique_ptr<Session> session,
               std::function<void(Connection&)> on_closed, std::function<Now()> now);
    /// Closes the socket at once where it is still open, without a word to anybody.
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    void start();
    /// Ends the stream with this error, which the peer is told as far as the socket takes it now, and closes the socket
    /// without waiting.
    void drop(std::string_view condition, std::string_view text);
    Session& session();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace mucbridge
