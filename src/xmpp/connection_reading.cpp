#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <chrono>

#include "xmpp/connection_impl.hpp"

namespace mucbridge {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds patience{5};  // from the end of the stream to the end of the socket
// A peer that leaves this much unread is not read from until it has caught up: its requests would only make more.
constexpr std::size_t pause_reading_above = 1024 * 1024;
constexpr std::size_t resume_reading_below = 256 * 1024;

}  // namespace

std::span<char> read_buffer(std::size_t most) {
    thread_local std::array<char, most_bytes_at_once> bytes;
    return std::span(bytes).first(std::min(most, bytes.size()));
}

void Connection::Impl::wait_readable() {
    is_congested = session->unwritten().size() > (is_congested ? resume_reading_below : pause_reading_above);
    const bool may_read = is_ending || (session->wants_bytes() && !is_congested && !is_paused);
    if (is_waiting_readable || is_shaking_hands || !may_read)
        return;
    is_waiting_readable = true;
    if (!wire.has_pending())
        return when_ready(Readiness::wait_read, &Impl::on_readable);
    asio::post(io, [self = shared_from_this()] {
        if (!self->is_gone())
            self->on_readable();
    });
}

void Connection::Impl::on_readable() {
    is_waiting_readable = false;
    turn_end.note_work();
    const auto buffer = read_buffer(session->bytes_at_once());
    const auto received = wire.receive(buffer);
    switch (received.state) {
        case Wire::State::closed:
            return on_end_of_input();
        case Wire::State::failed:
            return fail(received.why);
        case Wire::State::wants_write:  // TLS has an answer of its own to give before it reads on
            is_waiting_readable = true;
            return when_ready(Readiness::wait_write, &Impl::on_readable);
        case Wire::State::wants_read:
            break;
        case Wire::State::done:
            if (!is_ending)
                take({buffer.data(), received.count}, now());
    }
    if (!is_gone())
        wait_readable();
}

void Connection::Impl::on_end_of_input() {
    session->on_disconnected("closed by the peer");
    // What is queued for a peer that only closed its own direction still gets there, if the socket takes it now.
    if (!is_shut_down && !is_waiting_writable)
        write();
    finish();
}

void Connection::Impl::take(std::string_view bytes, Now at) {
    session->on_bytes(bytes, at);
    if (is_gone())
        return;
    is_paused = session->reads_again_at() > at.tick;
    if (is_paused && !is_ending)
        schedule_tick();
}

void Connection::Impl::schedule_tick() {
    Tick::duration wait = is_ending ? patience : session->tick_after();
    if (is_paused && !is_ending)
        wait = std::min(wait, session->reads_again_at() - now().tick);
    if (shakes_hands_at)
        wait = std::min(wait, *shakes_hands_at - now().tick);
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
    if (shakes_hands_at && *shakes_hands_at <= at.tick && !session->is_over())
        start_tls();
    if (is_gone())
        return;
    schedule_tick();
    wait_readable();
}

}  // namespace mucbridge
