#include "xmpp/session.hpp"

#include <algorithm>
#include <utility>

#include "core/utf8.hpp"
#include "xml/writer.hpp"
#include "xmpp/session_impl.hpp"
#include "xmpp/stream.hpp"

namespace mucbridge {

Session::Impl::Impl(Session& session, std::uint64_t session_number, const SessionOptions& session_options,
                    const SessionHost& session_host, Now at, Channel session_channel)
    : self(session),
      number(session_number),
      options(session_options),
      host(session_host),
      started(at.tick),
      now(at),
      channel(std::move(session_channel)),
      reader({[this](const Element& header) { on_header(header); },
              [this](Element stanza) { on_stanza(std::move(stanza)); }, [this] { close({}, {}); },
              [this](const ReaderError& error) { close(error.condition, error.text); }},
             make_reader_limits(session_options.limits.stanza_bytes_before_login, "limits/stanza_bytes_before_login"),
             session_options.resting),
      answers(session_options),
      last_heard(at.tick),
      output(*session_options.backlog) {}

ReaderLimits Session::Impl::make_reader_limits(std::size_t stanza_bytes, std::string_view bytes_key) const {
    return {stanza_bytes, options.limits.depth, options.limits.attributes, options.limits.children, 0, bytes_key};
}

/// Until it is bound, a session may have to wait for the host with bytes of the same buffer still unread: a new header,
/// or stanzas. So the reader is given no more than one tag at a time; for so many tags as an honest login can have,
/// since the parser looks again at the whole of an unfinished token for every piece.
std::size_t Session::Impl::next_piece(std::string_view bytes) {
    if (phase == Phase::bound || pieces == 0)
        return bytes.size();
    const auto end = bytes.find('>');
    if (end == std::string_view::npos)
        return bytes.size();
    --pieces;
    return end + 1;
}

void Session::Impl::read(std::string_view bytes) {
    is_reading = true;
    while (!bytes.empty() && phase != Phase::over && !is_upgrading) {
        if (question != 0) {
            hold(bytes);
            break;
        }
        const auto size = next_piece(bytes);
        reader.feed(bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
    is_reading = false;
}

void Session::Impl::hold(std::string_view bytes) {
    if (held.size() + bytes.size() > options.limits.stanza_bytes)
        return close("policy-violation", "too much is sent ahead of the login's answer (limits/stanza_bytes)");
    held += bytes;
}

void Session::Impl::resume() {
    if (!is_reading && !held.empty()) {
        const std::string bytes = std::move(held);
        held = std::string();
        read(bytes);
        tell_end();
    }
    if (wake)
        wake();
}

void Session::Impl::on_header(const Element& header) {
    if (question != 0 || phase == Phase::over)
        return;
    // RFC 6120 §4.7.5: who names no version knows nothing of features, and logs in as XEP-0078 has it, if at all.
    const bool is_old = options.legacy_auth && channel.is_encrypted && !header.has_attribute("version");
    append(make_header(options.domain, &header, is_old));
    has_sent_header = true;
    if (const auto error = judge_header(header, options.domain, is_old))
        return close(error->condition, error->text);
    has_header = true;
    lang = language_of(header);
    if (!is_old)
        append(phase == Phase::login ? make_login_features(login_offer(), options.legacy_auth) : make_bind_features());
}

void Session::Impl::on_stanza(Element stanza) {
    stanza_pace.take(1, options.limits.stanzas_per_second, now.tick);
    // What was sent ahead and could not be held back: see next_piece.
    if (question != 0)
        return close("policy-violation", "too much is sent ahead of the login's answer");
    if (stanza.ns == ns::streams && stanza.name == "error")
        return close({}, {});
    switch (phase) {
        case Phase::login:
            return on_login_element(stanza);
        case Phase::bind:
            return on_bind_element(std::move(stanza));
        case Phase::bound:
            return on_bound_element(std::move(stanza));
        case Phase::over:
            return;
    }
}

void Session::Impl::append(std::string_view bytes) { append({bytes}); }

void Session::Impl::append(std::initializer_list<std::string_view> parts) {
    const bool was_empty = output.empty();
    output.append(parts);
    if (was_empty && wake)
        wake();
}

void Session::Impl::close(std::string_view condition, std::string_view text) {
    if (phase == Phase::over)
        return;
    // RFC 6120 §4.9.1.2: an error before our header comes after it all the same.
    if (!has_sent_header)
        append(make_header(options.domain, nullptr));
    if (!condition.empty())
        append(make_stream_error({std::string(condition), std::string(text)}));
    append("</stream:stream>");
    std::string why = condition.empty() ? "closed" : std::string(condition);
    end(text.empty() ? why : why + ": " + std::string(text));
}

void Session::Impl::end(std::string why) {
    phase = Phase::over;
    end_reason = std::move(why);
    question = 0;
    std::string().swap(held);
    handshake.reset();
    if (is_reading)
        reader.stop();
    if (wake)
        wake();
}

/// Never from inside send() or close(): the host may be in the middle of a room's occupants.
void Session::Impl::tell_end() {
    if (phase != Phase::over || is_end_told || !has_asked_bind)
        return;
    is_end_told = true;
    host.on_end(self, end_reason);
}

Session::Session(std::uint64_t number, const SessionOptions& options, const SessionHost& host, Now now, Channel channel)
    : impl_(std::make_unique<Impl>(*this, number, options, host, now, std::move(channel))) {}

Session::~Session() = default;

void Session::on_bytes(std::string_view bytes, Now now) {
    impl_->now = now;
    impl_->has_read = true;
    impl_->last_heard = now.tick;
    impl_->asked_for_life.reset();
    impl_->byte_pace.take(bytes.size(), impl_->options.limits.bytes_per_second, now.tick);
    impl_->read(bytes);
    if (reads_again_at() > now.tick && impl_->host.on_pause)
        impl_->host.on_pause(*this);
    impl_->tell_end();
}

void Session::on_disconnected(const std::string& why) {
    if (impl_->may_detach())
        return impl_->detach(why);
    if (impl_->phase != Impl::Phase::over)
        impl_->end(why);
    impl_->tell_end();
}

void Session::on_tick(Now now) {
    impl_->now = now;
    const bool is_late = now.tick - impl_->started >= impl_->options.limits.unauthenticated_time;
    if (impl_->phase != Impl::Phase::bound && is_late)
        impl_->close("connection-timeout", "the login took longer than " +
                                               std::to_string(impl_->options.limits.unauthenticated_time.count()) +
                                               " s (limits/unauthenticated_time)");
    impl_->look_for_life();
    if (!impl_->has_read)
        impl_->reader.park();
    impl_->has_read = false;
    impl_->tell_end();
}

void Session::close(std::string_view condition, std::string_view text) { impl_->close(condition, text); }

std::string_view Session::unwritten() const { return impl_->output.unwritten(); }

void Session::wrote(std::size_t bytes) { impl_->output.wrote(bytes); }

std::string Session::take_output() { return impl_->output.take(); }

std::size_t Session::output_memory() const { return impl_->output.memory(); }

void Session::set_wake(std::function<void()> wake) { impl_->wake = std::move(wake); }

bool Session::is_over() const { return impl_->phase == Impl::Phase::over; }

bool Session::wants_bytes() const {
    return impl_->phase != Impl::Phase::over && impl_->question == 0 && !impl_->is_left_unread && !impl_->is_upgrading;
}

void Session::leave_unread(bool is_left_unread) {
    const bool is_released = std::exchange(impl_->is_left_unread, is_left_unread) && !is_left_unread;
    if (is_released && impl_->wake)
        impl_->wake();
}

Tick Session::reads_again_at() const { return std::max(impl_->byte_pace.ready_at(), impl_->stanza_pace.ready_at()); }

std::size_t Session::bytes_at_once() const {
    constexpr std::size_t least = 1024, short_stanza = 128;
    const LimitsConfig& limits = impl_->options.limits;
    std::size_t bytes = most_bytes_at_once;
    // An eighth of a second's worth, so that what is owed after a read is paid soon.
    if (limits.bytes_per_second > 0)
        bytes = std::min(bytes, limits.bytes_per_second / 8);
    if (limits.stanzas_per_second > 0)
        bytes = std::min(bytes, limits.stanzas_per_second * short_stanza / 8);
    return std::max(bytes, least);
}

std::uint64_t Session::number() const { return impl_->number; }

bool Session::is_bound() const { return !impl_->full.empty(); }

const Jid& Session::jid() const { return impl_->jid; }

const std::string& Session::peer() const { return impl_->peer; }

void Session::set_peer(std::string peer) { impl_->peer = std::move(peer); }

}  // namespace mucbridge
