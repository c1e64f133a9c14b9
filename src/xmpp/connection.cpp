#include "xmpp/connection.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "xmpp/connection_impl.hpp"

namespace mucbridge {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

void cancel(asio::steady_timer& timer) noexcept {
    try {
        timer.cancel();
    } catch (const boost::system::system_error&) {
        // Its handler finds nothing to do, only later.
    }
}

}  // namespace

Connection::Impl::Impl(asio::io_context& io_context, TurnEnd& end_of_turn, Connection& connection, Wire socket,
                       Session& stream, std::function<void(Connection&)> closed, std::function<Now()> clocks)
    : io(io_context),
      turn_end(end_of_turn),
      owner(&connection),
      session(&stream),
      on_closed(std::move(closed)),
      now(std::move(clocks)),
      wire(std::move(socket)),
      readiness(io_context),
      timer(io_context) {}

void Connection::Impl::watch() {
    error_code error;
    readiness.assign(wire.native_handle(), error);
    if (error)
        fail(error.message());
}

void Connection::Impl::when_ready(Readiness what, void (Impl::*then)()) {
    readiness.async_wait(what, [self = shared_from_this(), then](const error_code& error) {
        if (!error && !self->is_gone())
            ((*self).*then)();
    });
}

void Connection::Impl::start() {
    if (is_gone())
        return;
    session->set_wake([this] { wake(); });
    schedule_tick();
    if (upgrade && upgrade->offer.is_direct)
        return begin_tls();
    wait_readable();
    wake();
}

/// One flush for everything that is queued in this turn of the loop.
void Connection::Impl::wake() {
    if (is_waiting_for_turn || is_gone())
        return;
    is_waiting_for_turn = true;
    turn_end.add(shared_from_this());
}

void Connection::Impl::on_turn_end() {
    is_waiting_for_turn = false;
    flush();
}

void Connection::Impl::flush() {
    if (is_gone())
        return;
    if (session->is_over() && !is_ending) {
        is_ending = true;
        session->on_disconnected("closed");  // tells the host, where the stream did not end by reading
        schedule_tick();
    }
    if (session->is_detached() || (is_ending && is_shaking_hands))
        return finish();
    if (is_shaking_hands)
        return;
    if (!is_waiting_writable)
        write();
    if (is_gone())
        return;
    if (session->wants_tls() && session->unwritten().empty())
        return begin_tls();
    wait_readable();
}

/// In the middle of somebody's telling: what fails is found out when the turn ends.
void Connection::Impl::on_relief() {
    if (!is_gone() && !is_waiting_writable && !is_shaking_hands)
        write_some();
}

/// Done, where all is written or waits until the socket is writable.
Wire::Outcome Connection::Impl::write_some() {
    while (!session->unwritten().empty()) {
        const auto sent = wire.send(session->unwritten());
        if (sent.state == Wire::State::wants_write) {
            wait_writable();
            break;
        }
        if (sent.state != Wire::State::done)
            return sent;
        session->wrote(sent.count);
    }
    return {};
}

void Connection::Impl::write() {
    if (const auto written = write_some(); written.state != Wire::State::done)
        return fail(written.why);
    if (is_ending && session->unwritten().empty())
        shut_down();
}

/// The peer sees the end of the stream, then the end of the socket; its own end is still read (RFC 6120 §4.4).
void Connection::Impl::shut_down() {
    if (is_shut_down)
        return;
    is_shut_down = true;
    if (!wire.shut_down())
        finish();
}

void Connection::Impl::wait_writable() {
    is_waiting_writable = true;
    readiness.async_wait(Readiness::wait_write, [self = shared_from_this()](const error_code& error) {
        self->is_waiting_writable = false;
        if (!error && !self->is_gone())
            self->flush();
    });
}

void Connection::Impl::drop() {
    if (is_gone())
        return;
    is_ending = true;
    session->on_disconnected("closed");
    if (!is_shaking_hands) {
        // What is left unread would make the system cut the connection, and the peer might not see why.
        wire.receive(read_buffer(session->bytes_at_once()));
        if (!is_waiting_writable)
            write();
    }
    finish();
}

void Connection::Impl::fail(const std::string& why) {
    session->on_disconnected(why);
    finish();
}

/// Never calls back from inside the host's own call, which may come from inside the session.
void Connection::Impl::finish() {
    if (is_gone())
        return;
    let_go();
    wire.close();
    asio::post(io, [self = shared_from_this()] {
        if (self->owner != nullptr) {
            const auto closed = std::move(self->on_closed);
            closed(*self->owner);
        }
    });
}

/// Nothing comes of this connection any more.
void Connection::Impl::let_go() {
    is_finished = true;
    cancel(timer);
    if (readiness.is_open())
        readiness.release();
}

void Connection::Impl::abandon() {
    owner = nullptr;
    let_go();
    wire.close();
    upgrade.reset();
    if (session != nullptr)
        std::exchange(session, nullptr)->set_wake({});
}

std::optional<Wire> Connection::Impl::release() {
    if (is_gone() || is_ending || is_shaking_hands || session->is_over() || session->wants_tls())
        return std::nullopt;
    let_go();
    std::exchange(session, nullptr)->set_wake({});
    return std::move(wire);
}

Connection::Connection(asio::io_context& io, TurnEnd& turn_end, Wire wire, Session& session,
                       std::function<void(Connection&)> on_closed, std::function<Now()> now)
    : impl_(
          std::make_shared<Impl>(io, turn_end, *this, std::move(wire), session, std::move(on_closed), std::move(now))) {
    impl_->watch();
}

Connection::~Connection() { impl_->abandon(); }

void Connection::start() { impl_->start(); }

void Connection::drop(std::string_view condition, std::string_view text) {
    if (impl_->session == nullptr)
        return;
    impl_->session->close(condition, text);
    impl_->drop();
}

std::optional<Wire> Connection::release() { return impl_->release(); }

std::string Connection::protocol() const { return impl_->wire.protocol(); }

Session& Connection::session() { return *impl_->session; }

}  // namespace mucbridge
