#include "xmpp/component.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <set>

#include "core/backoff.hpp"
#include "core/unique.hpp"
#include "core/utf8.hpp"
#include "xml/writer.hpp"
#include "xmpp/component_stanzas.hpp"
#include "xmpp/component_stream.hpp"
#include "xmpp/component_url.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

namespace {

constexpr std::size_t most_warnings = 16;  // reasons may hold a server's own words, and so be ever new

Tick now() { return std::chrono::steady_clock::now(); }

std::string to_text(std::chrono::milliseconds time) {
    return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + " s" : std::to_string(time.count()) + " ms";
}

}  // namespace

struct Component::Impl : std::enable_shared_from_this<Impl> {
    enum class State { idle, connecting, up, waiting, leaving, over };

    Impl(boost::asio::io_context& on, ComponentConfig wanted, const LimitsConfig& wanted_limits, ComponentEvents told,
         ComponentTimes wanted_times)
        : io(on),
          timer(on),
          server(wanted.server),
          domain(wanted.domain),
          secret(std::move(wanted.secret)),
          limits(wanted_limits),
          events(std::move(told)),
          times(wanted_times) {}

    void start();
    void connect();
    void arm(std::chrono::milliseconds delay, void (Impl::*then)());
    template <class Then>
    void post(Then then);

    void on_up();
    void on_stanza(Element stanza);
    void on_ping(std::string_view id);
    void on_passed_over(Element stanza, const std::string& why);
    void on_over(const std::string& why);
    void on_login_late();
    void on_quiet();
    void on_answer_late();
    void on_goodbye_late();

    void answer(const Element& stanza, const StanzaError& error);
    bool write(const std::string& stanza);
    void lose(std::string why);
    void warn(const std::string& text);
    void stop();
    void finish();

    boost::asio::io_context& io;
    boost::asio::steady_timer timer;  // the one time limit of the present state
    std::uint64_t turns = 0;          // of the timer
    std::string server, domain;
    const std::string secret;
    const LimitsConfig limits;
    const ComponentEvents events;
    const ComponentTimes times;
    Backoff backoff{times.shortest_delay, times.first_delay, times.longest_delay};

    XmppUrl url;
    std::unique_ptr<ComponentStream> stream;  // stays until the next one: never destroyed by an event of its own
    State state = State::idle;
    std::string reason;
    std::set<std::string> warned;  // of what, since the link was last settled
    Tick up_at{}, pinged_at{};
    unsigned pings = 0;
    const std::string ping_prefix = "ping-" + make_random_hex(8) + "-";  // of ids
    std::string scratch;
};

void Component::Impl::start() {
    if (state != State::idle)
        return;
    auto parsed = parse_component_url(server);
    auto prepared = Jid::prepare_domain(domain);
    if (parsed && prepared) {
        url = *std::move(parsed);
        server = to_string(url);
        domain = *std::move(prepared);
        return connect();
    }
    state = State::over;
    reason = parsed ? "component domain: " + prepared.error().text : "component server: " + parsed.error().text;
    spdlog::error("component {}: {}", to_log_text(domain), reason);
    post([](Impl& self) { self.events.on_down(self.reason); });
}

void Component::Impl::connect() {
    state = State::connecting;
    stream = std::make_unique<ComponentStream>(
        io, url, domain, secret, limits,
        ComponentStreamEvents{
            [this] { on_up(); }, [this](Element stanza) { on_stanza(std::move(stanza)); },
            [this](Element stanza, const std::string& why) { on_passed_over(std::move(stanza), why); },
            [this](const std::string& why) { on_over(why); }});
    arm(times.login, &Impl::on_login_late);
    stream->open();
}

void Component::Impl::arm(std::chrono::milliseconds delay, void (Impl::*then)()) {
    timer.expires_after(delay);
    // A timer that has run out already cannot be cancelled: its turn tells that it was.
    timer.async_wait([weak = weak_from_this(), turn = ++turns, then](const auto& stopped) {
        const auto self = weak.lock();
        if (!stopped && self && self->turns == turn)
            (*self.*then)();
    });
}

template <class Then>
void Component::Impl::post(Then then) {
    boost::asio::post(io, [weak = weak_from_this(), then] {
        if (const auto self = weak.lock())
            then(*self);
    });
}

void Component::Impl::on_up() {
    state = State::up;
    up_at = now();
    reason.clear();
    spdlog::info("component {}: connected to {}", domain, server);
    arm(times.quiet, &Impl::on_quiet);
    events.on_up();
}

void Component::Impl::on_stanza(Element stanza) {
    if (state != State::up)
        return;
    if (stanza.attribute("from") == domain && stanza.attribute("to") == domain)
        return on_ping(stanza.attribute("id"));
    const auto refusal = judge_arrival(stanza, domain);
    if (!refusal)
        return events.on_stanza(std::move(stanza));
    spdlog::debug("component {}: {} is not taken: {}", domain, stanza.name, refusal->error.text);
    if (refusal->may_answer)
        answer(stanza, refusal->error);
}

/// Ours, which has proved what it was to prove by coming back. ejabberd takes in several components for one domain and
/// deals the stanzas out among them: then the others' come here.
void Component::Impl::on_ping(std::string_view id) {
    if (!id.starts_with(ping_prefix))
        warn("another program is connected to " + server + " for this domain, and takes a part of the stanzas");
}

void Component::Impl::on_passed_over(Element stanza, const std::string& why) {
    spdlog::debug("component {}: {} is passed over: {}", domain, to_log_text(stanza.name), why);
    const auto refusal = judge_arrival(stanza, domain);
    const bool is_nameless = stanza.name != "message" && stanza.name != "presence" && stanza.name != "iq";
    if (state == State::up && !is_nameless && (!refusal || refusal->may_answer))
        answer(stanza, {Condition::policy_violation, why});
}

void Component::Impl::answer(const Element& stanza, const StanzaError& error) {
    if (may_be_refused(stanza))
        write(to_string(make_error_reply(stanza, error), ns::client));
}

bool Component::Impl::write(const std::string& stanza) {
    if (state != State::up)
        return false;
    if (const auto why = why_not_sent(stanza, domain); !why.empty()) {
        const std::string_view tag = std::string_view(stanza).substr(0, std::min<std::size_t>(stanza.find('>'), 300));
        spdlog::error("component {}: a stanza is not sent: {}: {}", domain, why, to_log_text(tag));
        return false;
    }
    if (stream->unwritten() + stanza.size() <= limits.component_queue_bytes) {
        stream->write(stanza);
        return true;
    }
    state = State::waiting;
    stream->cut();
    // Later, for whoever sends may be in the middle of a room's occupants.
    post([](Impl& self) {
        self.lose(self.server + " leaves more than " + std::to_string(self.limits.component_queue_bytes) +
                  " bytes unread (limits/component_queue_bytes)");
    });
    return false;
}

void Component::Impl::on_login_late() {
    const std::string why = stream->why_not_up();
    stream->fail("connection-timeout", "the handshake took too long");
    lose(why + " (within " + to_text(times.login) + ")");
}

void Component::Impl::on_quiet() {
    const auto silence = std::chrono::duration_cast<std::chrono::milliseconds>(now() - stream->heard_at());
    if (silence < times.quiet)
        return arm(times.quiet - silence, &Impl::on_quiet);
    Element ping{"iq", std::string(ns::client), {}, {}};
    ping.set("type", "get").set("id", ping_prefix + std::to_string(++pings)).set("from", domain).set("to", domain);
    ping.add("ping", ns::ping);
    pinged_at = now();
    arm(times.answer, &Impl::on_answer_late);
    write(to_string(ping, ns::client));
}

void Component::Impl::on_answer_late() {
    if (stream->heard_at() > pinged_at)
        return on_quiet();
    stream->fail("connection-timeout", "a ping was not answered");
    lose(server + " did not answer a ping within " + to_text(times.answer));
}

void Component::Impl::on_over(const std::string& why) {
    if (state == State::leaving)
        return finish();
    lose(why);
}

void Component::Impl::lose(std::string why) {
    if (state == State::over || state == State::leaving)
        return;
    if (up_at != Tick{} && now() - up_at >= times.settled) {
        backoff.reset();
        warned.clear();
    }
    up_at = {};
    state = State::waiting;
    reason = std::move(why);
    warn(reason + "; trying again");
    arm(backoff.next(), &Impl::connect);
    events.on_down(reason);
}

/// Once of each thing: a server that is away for a night is not to fill the log.
void Component::Impl::warn(const std::string& text) {
    const bool is_new = warned.size() < most_warnings && warned.insert(text).second;
    spdlog::log(is_new ? spdlog::level::warn : spdlog::level::debug, "component {}: {}", domain, text);
}

void Component::Impl::stop() {
    if (state == State::leaving || state == State::over)
        return;
    if (state == State::up) {
        state = State::leaving;
        arm(times.goodbye, &Impl::on_goodbye_late);
        return stream->leave();
    }
    if (stream)
        stream->cut();
    finish();
}

void Component::Impl::on_goodbye_late() {
    stream->cut();
    finish();
}

void Component::Impl::finish() {
    state = State::over;
    ++turns;
    timer.cancel();
}

Component::Component(boost::asio::io_context& io, ComponentConfig config, const LimitsConfig& limits,
                     ComponentEvents events, ComponentTimes times)
    : impl_(std::make_shared<Impl>(io, std::move(config), limits, std::move(events), times)) {}

Component::~Component() = default;

void Component::start() { impl_->start(); }

bool Component::send(std::string_view stanza) { return impl_->write(impl_->scratch.assign(stanza)); }

bool Component::send(const SharedStanza& stanza, std::string_view to) {
    auto& whole = impl_->scratch.assign(stanza.head);
    append_attribute(whole, "to", to);
    return impl_->write(whole.append(stanza.tail));
}

bool Component::send(const Element& stanza) { return impl_->write(to_string(stanza, ns::client)); }

void Component::stop() { impl_->stop(); }

bool Component::is_up() const { return impl_->state == Impl::State::up; }

bool Component::is_over() const { return impl_->state == Impl::State::over; }

const std::string& Component::reason() const { return impl_->reason; }

const std::string& Component::domain() const { return impl_->domain; }

const std::string& Component::server() const { return impl_->server; }

}  // namespace mucbridge
