#include "xmpp/connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

namespace mucbridge {

namespace asio = boost::asio;
using boost::system::error_code;
using Socket = asio::generic::stream_protocol::socket;

namespace {

constexpr std::chrono::seconds tick_before_bound{1};
constexpr std::chrono::seconds tick_when_bound{10};
constexpr std::chrono::seconds patience{5};  // from the end of the stream to the end of the socket
// A peer that leaves this much unread is not read from until it has caught up: its requests would only make more.
constexpr std::size_t pause_reading_above = 1024 * 1024;
constexpr std::size_t resume_reading_below = 256 * 1024;

/// A loop is one thread, and a read is over before the next begins: one buffer serves all its sockets.
asio::mutable_buffer read_buffer(std::size_t most) {
    thread_local std::array<char, most_bytes_at_once> bytes;
    return asio::buffer(bytes, most);
}

bool is_not_ready(const error_code& error) {
    return error == asio::error::would_block || error == asio::error::try_again || error == asio::error::interrupted;
}

void cancel(asio::steady_timer& timer) noexcept {
    try {
        timer.cancel();
    } catch (const boost::system::system_error&) {
        // Its handler finds nothing to do, only later.
    }
}

}  // namespace

/// Its handlers keep it alive; what they still find to do ends with the Connection.
struct Connection::Impl : TurnEnd::Waiting, std::enable_shared_from_this<Connection::Impl> {
    Impl(asio::io_context& io_context, TurnEnd& end_of_turn, Connection& connection, std::unique_ptr<Session> stream,
         std::function<void(Connection&)> closed, std::function<Now()> clocks)
        : io(io_context),
          turn_end(end_of_turn),
          owner(&connection),
          session(std::move(stream)),
          on_closed(std::move(closed)),
          now(std::move(clocks)),
          socket(io_context),
          timer(io_context) {}

    void adopt(int native_socket);
    void start();
    void wake();
    void on_turn_end() override;
    void on_relief() override;
    void flush();
    error_code write_some();
    void write();
    void shut_down();
    void wait_writable();
    void wait_readable();
    void on_readable();
    void take(std::string_view bytes, Now at);
    void on_tick();
    void schedule_tick();
    void drop();
    void fail(const std::string& why);
    void finish();
    void abandon();
    bool is_gone() const { return owner == nullptr || is_finished; }

    asio::io_context& io;
    TurnEnd& turn_end;
    Connection* owner;
    std::unique_ptr<Session> session;
    std::function<void(Connection&)> on_closed;
    std::function<Now()> now;
    Socket socket;
    asio::steady_timer timer;
    bool is_waiting_for_turn = false;
    bool is_waiting_writable = false, is_waiting_readable = false;
    bool is_congested = false;  // see pause_reading_above
    bool is_paused = false;     // the peer is ahead of its rate; the timer says when that is over
    bool is_ending = false;     // the stream is over; the socket has `patience`
    bool is_shut_down = false;  // our direction of it is closed
    bool is_finished = false;
};

void Connection::Impl::adopt(int native_socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const bool is_known = ::getsockname(native_socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    error_code error;
    socket.assign({is_known ? address.ss_family : AF_INET, IPPROTO_TCP}, native_socket, error);
    if (error)
        ::close(native_socket);
    else
        socket.non_blocking(true, error);
    if (error)
        return fail(error.message());
    // Writes are gathered already; waiting for more would only delay them. A socket that is not TCP may refuse.
    socket.set_option(asio::ip::tcp::no_delay(true), error);
}

void Connection::Impl::start() {
    if (is_gone())
        return;
    session->set_wake([this] { wake(); });
    schedule_tick();
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
    if (!is_waiting_writable)
        write();
    if (!is_gone())
        wait_readable();
}

/// In the middle of somebody's telling: what fails is found out when the turn ends.
void Connection::Impl::on_relief() {
    if (!is_gone() && !is_waiting_writable)
        write_some();
}

error_code Connection::Impl::write_some() {
    while (!session->unwritten().empty()) {
        error_code error;
        const auto bytes = session->unwritten();
        const auto count = socket.send(asio::buffer(bytes.data(), bytes.size()), MSG_NOSIGNAL, error);
        if (is_not_ready(error)) {
            wait_writable();
            break;
        }
        if (error)
            return error;
        session->wrote(count);
    }
    return {};
}

void Connection::Impl::write() {
    if (const error_code error = write_some())
        return fail(error.message());
    if (is_ending && session->unwritten().empty())
        shut_down();
}

/// The peer sees the end of the stream, then the end of the socket; its own end is still read (RFC 6120 §4.4).
void Connection::Impl::shut_down() {
    if (is_shut_down)
        return;
    is_shut_down = true;
    error_code error;
    socket.shutdown(Socket::shutdown_send, error);
    if (error)
        finish();
}

void Connection::Impl::wait_writable() {
    is_waiting_writable = true;
    socket.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& error) {
        self->is_waiting_writable = false;
        if (!error && !self->is_gone())
            self->flush();
    });
}

void Connection::Impl::wait_readable() {
    is_congested = session->unwritten().size() > (is_congested ? resume_reading_below : pause_reading_above);
    const bool may_read = is_ending || (session->wants_bytes() && !is_congested && !is_paused);
    if (is_waiting_readable || !may_read)
        return;
    is_waiting_readable = true;
    socket.async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& error) {
        self->is_waiting_readable = false;
        if (!error && !self->is_gone())
            self->on_readable();
    });
}

void Connection::Impl::on_readable() {
    error_code error;
    turn_end.note_work();
    const auto buffer = read_buffer(session->bytes_at_once());
    const auto count = socket.receive(buffer, 0, error);
    if (error == asio::error::eof || (!error && count == 0)) {
        session->on_disconnected("closed by the peer");
        // What is queued for a peer that only closed its own direction still gets there, if the socket takes it now.
        if (!is_shut_down && !is_waiting_writable)
            write();
        return finish();
    }
    if (error && !is_not_ready(error))
        return fail(error.message());
    if (!error && !is_ending)
        take({static_cast<const char*>(buffer.data()), count}, now());
    if (!is_gone())
        wait_readable();
}

void Connection::Impl::take(std::string_view bytes, Now at) {
    session->on_bytes(bytes, at);
    is_paused = session->reads_again_at() > at.tick;
    if (is_paused && !is_gone() && !is_ending)
        schedule_tick();
}

void Connection::Impl::schedule_tick() {
    Tick::duration wait = is_ending ? patience : session->is_bound() ? tick_when_bound : tick_before_bound;
    if (is_paused && !is_ending)
        wait = std::min(wait, session->reads_again_at() - now().tick);
    timer.expires_after(wait);
    timer.async_wait([self = shared_from_this()](const error_code& error) {
        if (!error && !self->is_gone())
            self->on_tick();
    });
}

void Connection::Impl::on_tick() {
    if (is_ending)
        return finish();
    const Now at = now();
    session->on_tick(at);
    if (is_gone())
        return;
    is_paused = is_paused && session->reads_again_at() > at.tick;
    schedule_tick();
    wait_readable();
}

void Connection::Impl::drop() {
    if (is_gone())
        return;
    is_ending = true;
    session->on_disconnected("closed");
    // What is left unread would make the system cut the connection, and the peer might not see why.
    error_code ignored;
    socket.receive(read_buffer(session->bytes_at_once()), 0, ignored);
    if (!is_waiting_writable)
        write();
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
    is_finished = true;
    error_code ignored;
    socket.close(ignored);
    cancel(timer);
    asio::post(io, [self = shared_from_this()] {
        if (self->owner != nullptr) {
            const auto closed = std::move(self->on_closed);
            closed(*self->owner);
        }
    });
}

void Connection::Impl::abandon() {
    owner = nullptr;
    error_code ignored;
    socket.close(ignored);
    cancel(timer);
    session.reset();
}

Connection::Connection(asio::io_context& io, TurnEnd& turn_end, int native_socket, std::unique_ptr<Session> session,
                       std::function<void(Connection&)> on_closed, std::function<Now()> now)
    : impl_(std::make_shared<Impl>(io, turn_end, *this, std::move(session), std::move(on_closed), std::move(now))) {
    impl_->adopt(native_socket);
}

Connection::~Connection() { impl_->abandon(); }

void Connection::start() { impl_->start(); }

void Connection::drop(std::string_view condition, std::string_view text) {
    impl_->session->close(condition, text);
    impl_->drop();
}

Session& Connection::session() { return *impl_->session; }

}  // namespace mucbridge
