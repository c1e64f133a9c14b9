#include "broker/amqp10_connection.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <proton/connection.hpp>
#include <proton/connection_options.hpp>
#include <proton/error_condition.hpp>
#include <proton/session.hpp>
#include <proton/ssl.hpp>
#include <proton/transport.hpp>
#include <system_error>
#include <utility>

#include "core/utf8.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto opening_limit = 5s;
constexpr auto goodbye_limit = 500ms;
constexpr int most_reads = 16;

/// "amqp:not-found: no such node".
std::string describe(const proton::error_condition& condition) {
    if (condition.empty())
        return "the broker ended it without a reason";
    return condition.name() + (condition.description().empty() ? "" : ": " + condition.description());
}

}  // namespace

Amqp10Connection::Amqp10Connection(int socket, const Amqp10Target& target, Events events)
    : target_(target),
      events_(std::move(events)),
      socket_(socket),
      patient_until_(Clock::now() + opening_limit),
      driver_("mucbridge-" + target.origin),
      senders_((driver_.connect(make_options()), driver_.connection()), target.profile),
      receivers_(driver_.connection(), target.profile, target.origin, events_.on_delivery) {}

Amqp10Connection::~Amqp10Connection() { ::close(socket_); }

proton::connection_options Amqp10Connection::make_options() const {
    const auto& config = target_.config;
    proton::connection_options options;
    options.handler(const_cast<Amqp10Connection&>(*this));
    options.container_id(config.client_id.empty() ? "mucbridge-" + target_.origin : config.client_id);
    options.virtual_host(target_.profile.to_hostname(target_.url.host, target_.url.vhost));
    options.idle_timeout(proton::duration(std::chrono::milliseconds(config.keep_alive * 2).count()));
    options.sasl_enabled(true).sasl_allow_insecure_mechs(true);
    const bool is_rabbit = target_.profile.kind() == Amqp10Profile::Kind::rabbitmq;
    if (!config.username.empty() || is_rabbit) {
        options.user(config.username.empty() ? "guest" : config.username);
        options.password(config.username.empty() ? "guest" : config.password);
    }
    const bool is_external = target_.url.tls && !config.certificate.empty() && config.username.empty();
    options.sasl_allowed_mechs(is_external                             ? "EXTERNAL"
                               : config.username.empty() && !is_rabbit ? "ANONYMOUS"
                                                                       : "PLAIN");
    if (!target_.url.tls)
        return options;
    const auto mode = config.verify ? proton::ssl::VERIFY_PEER_NAME : proton::ssl::ANONYMOUS_PEER;
    if (!config.certificate.empty())
        return options.ssl_client_options(
            proton::ssl_client_options(proton::ssl_certificate(config.certificate, config.key), config.ca_file, mode));
    return options.ssl_client_options(config.ca_file.empty() ? proton::ssl_client_options(mode)
                                                             : proton::ssl_client_options(config.ca_file, mode));
}

SocketThread::Wish Amqp10Connection::wish() {
    const auto now = Clock::now();
    const auto until = is_up_ ? next_tick_ : std::min(patient_until_, now + 1s);
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(until - now);
    const bool is_due = has_more_ || driver_.has_events();
    return {socket_, driver_.write_buffer().size > 0,
            is_due ? 0ms : std::clamp<std::chrono::milliseconds>(rest, 0ms, 1000ms)};
}

void Amqp10Connection::turn() {
    if (is_dead_)
        return;
    if (!is_up_ && Clock::now() > patient_until_)
        return die("no answer within " + std::to_string(opening_limit.count()) + " s");
    tick();
    receivers_.look_after();
    dispatch();
    int reads = 0;
    write();
    while (!is_dead_ && reads < most_reads && read()) {
        ++reads;
        dispatch();
        write();
    }
    has_more_ = reads == most_reads;
}

void Amqp10Connection::tick() {
    const auto now = proton::timestamp::now();
    const auto next = driver_.tick(now);
    const auto rest =
        next.milliseconds() == 0 ? 1s : std::chrono::milliseconds(next.milliseconds() - now.milliseconds());
    next_tick_ = Clock::now() + std::min<Clock::duration>(rest, 1s);
}

/// Whether something came.
bool Amqp10Connection::read() {
    const auto buffer = driver_.read_buffer();
    if (buffer.size == 0)
        return false;
    const auto count = ::recv(socket_, buffer.data, buffer.size, MSG_DONTWAIT);
    if (count > 0) {
        driver_.read_done(static_cast<std::size_t>(count));
        return true;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    const auto why = count == 0 ? std::string("the broker closed the connection")
                                : "the connection was lost: " + std::generic_category().message(errno);
    die(why);
    driver_.disconnected();
    dispatch();
    return false;
}

void Amqp10Connection::write() {
    for (auto buffer = driver_.write_buffer(); buffer.size > 0; buffer = driver_.write_buffer()) {
        const auto count = ::send(socket_, buffer.data, buffer.size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (count < 0) {
            die("the connection was lost: " + std::generic_category().message(errno));
            driver_.disconnected();
            return;
        }
        driver_.write_done(static_cast<std::size_t>(count));
    }
}

void Amqp10Connection::dispatch() {
    try {
        if (!driver_.dispatch())
            die("the connection is closed");
        std::string what;
        if (take_exception(driver_.transport(), what)) {
            spdlog::debug("{}: {}", to_string(target_.url), to_log_text(what));
            receivers_.read_undecoded();
        }
    } catch (const std::exception& error) {
        die(error.what());
    }
}

/// The first reason is the one that counts.
void Amqp10Connection::die(const std::string& why) {
    if (!is_dead_ || why_dead_.empty())
        why_dead_ = why;
    is_dead_ = true;
}

void Amqp10Connection::on_transport_error(proton::transport& transport) {
    const auto condition = transport.error();
    is_login_refused_ = condition.name() == "amqp:unauthorized-access";
    die(describe(condition));
}

void Amqp10Connection::on_connection_open(proton::connection&) {
    // One that is refused is opened, and closed at once (AMQP 1.0 §2.7.1).
    if (is_up_)
        return;
    is_up_ = true;
    events_.on_up();
}

void Amqp10Connection::on_connection_error(proton::connection& connection) {
    is_ended_by_broker_ = true;
    die("the broker ended the connection: " + describe(connection.error()));
}

void Amqp10Connection::on_connection_close(proton::connection& connection) {
    if (connection.error().empty()) {
        is_ended_by_broker_ = true;
        die("the broker ended the connection");
    }
}

void Amqp10Connection::on_session_close(proton::session& session) {
    const auto condition = session.error();
    std::vector<proton::sender> senders;
    std::vector<proton::receiver> receivers;
    for (const auto& link : session.senders())
        senders.push_back(link);
    for (const auto& link : session.receivers())
        receivers.push_back(link);
    for (const auto& link : senders)
        senders_.on_ended(link, condition.name(), describe(condition));
    for (const auto& link : receivers)
        receivers_.on_ended(link, condition.name(), describe(condition));
}

void Amqp10Connection::on_sender_close(proton::sender& link) {
    senders_.on_ended(link, link.error().name(), describe(link.error()));
}

void Amqp10Connection::on_receiver_close(proton::receiver& link) {
    receivers_.on_ended(link, link.error().name(), describe(link.error()));
}

void Amqp10Connection::on_tracker_accept(proton::tracker& tracker) {
    senders_.on_settled(tracker, Settlement::Outcome::accepted);
}

void Amqp10Connection::on_tracker_reject(proton::tracker& tracker) {
    senders_.on_settled(tracker, Settlement::Outcome::rejected);
}

void Amqp10Connection::on_tracker_release(proton::tracker& tracker) {
    senders_.on_settled(tracker, Settlement::Outcome::released);
}

/// Without an outcome nobody knows.
void Amqp10Connection::on_tracker_settle(proton::tracker& tracker) {
    senders_.on_settled(tracker, Settlement::Outcome::released);
}

void Amqp10Connection::close() {
    driver_.connection().close();
    const auto until = Clock::now() + goodbye_limit;
    while (!is_dead_ && Clock::now() < until) {
        turn();
        std::this_thread::sleep_for(5ms);
    }
}

}  // namespace mucbridge
