#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <span>

#include "xmpp/connection.hpp"

namespace mucbridge {

/// Its handlers keep it alive; what they still find to do ends with the Connection. connection.cpp has writing and
/// ending, connection_reading.cpp what comes in and when, connection_tls.cpp the way to TLS.
struct Connection::Impl : TurnEnd::Waiting, std::enable_shared_from_this<Connection::Impl> {
    using Readiness = boost::asio::posix::descriptor_base::wait_type;

    Impl(boost::asio::io_context& io_context, TurnEnd& end_of_turn, Connection& connection, Wire socket,
         Session& stream, std::function<void(Connection&)> closed, std::function<Now()> clocks);

    void watch();
    void start();
    void wake();
    void on_turn_end() override;
    void on_relief() override;
    void flush();
    Wire::Outcome write_some();
    void write();
    void shut_down();
    void wait_writable();
    void wait_readable();
    void on_readable();
    void on_end_of_input();
    void take(std::string_view bytes, Now at);
    void on_tick();
    void schedule_tick();
    void drop();
    void fail(const std::string& why);
    void finish();
    void let_go();
    void abandon();
    std::optional<Wire> release();
    bool is_gone() const { return owner == nullptr || is_finished; }
    /// Calls this member once the socket is ready, unless the connection is gone by then.
    void when_ready(Readiness readiness, void (Impl::*then)());

    void begin_tls();
    void start_tls();
    void shake_hands();
    void on_encrypted();

    /// What a connection without TLS may come to.
    struct Upgrade {
        TlsOffer offer;
        ReserveHandshake reserve;
    };

    boost::asio::io_context& io;
    TurnEnd& turn_end;
    Connection* owner;
    Session* session;  // null once the connection is given up
    std::function<void(Connection&)> on_closed;
    std::function<Now()> now;
    Wire wire;
    boost::asio::posix::stream_descriptor readiness;  // of the wire's socket, which it does not own
    boost::asio::steady_timer timer;
    std::unique_ptr<Upgrade> upgrade;     // null under TLS
    std::optional<Tick> shakes_hands_at;  // the handshake waits for its time
    bool is_shaking_hands = false;        // nothing is read or written but the handshake
    bool is_waiting_for_turn = false;
    bool is_waiting_writable = false, is_waiting_readable = false;
    bool is_congested = false;  // see pause_reading_above
    bool is_paused = false;     // the peer is ahead of its rate; the timer says when that is over
    bool is_ending = false;     // the stream is over; the socket has `patience`
    bool is_shut_down = false;  // our direction of it is closed
    bool is_finished = false;
};

/// A loop is one thread, and a read is over before the next begins: one buffer serves all its sockets.
std::span<char> read_buffer(std::size_t most);

}  // namespace mucbridge
