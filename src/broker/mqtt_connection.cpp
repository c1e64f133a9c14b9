#include "broker/mqtt_connection.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <limits>
#include <mutex>

#include "broker/mqtt_wire.hpp"
#include "broker/no_delay.hpp"
#include "broker/paho_inside.hpp"
#include "broker/probe.hpp"
#include "broker/reason.hpp"
#include "broker/tls_probe.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono_literals;
constexpr auto connect_timeout = 5s;
constexpr unsigned most_in_flight = 100;
constexpr unsigned in_flight_3_1_1 = 20;  // mosquitto's max_inflight_messages; 3.1.1 cannot tell
/// What we take: an MQTT 5 broker drops what is larger. Paho needs some 400 bytes for a user property of 5.
constexpr int longest_received = 6 * 1024 * 1024;

/// Paho starts its threads with its first client and stops them with its last, unprotected against each other.
std::mutex& paho_life() {
    static std::mutex mutex;
    return mutex;
}

std::unique_ptr<mqtt::async_client> make_client(const MqttTarget& target, int version) {
    const auto& url = target.url;
    const bool bracketed = url.host.find(':') != std::string::npos;
    const auto uri = (url.tls ? "ssl://" : "tcp://") + (bracketed ? "[" + url.host + "]" : url.host) + ":" +
                     std::to_string(url.port);
    // Its buffer of 100 messages would refuse even while connected.
    mqtt::create_options options(version == 5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1, std::numeric_limits<int>::max());
    options.set_send_while_disconnected(false);
    const std::lock_guard lock(paho_life());
    return std::make_unique<mqtt::async_client>(uri, target.client_id, options, nullptr);
}

/// Without an error handler: Paho would call it with options that are long gone.
mqtt::ssl_options make_tls(const BrokerConfig& config) {
    mqtt::ssl_options tls;
    tls.set_trust_store(config.ca_file);
    tls.set_key_store(config.certificate);
    tls.set_private_key(config.key);
    tls.set_enable_server_cert_auth(config.verify);
    tls.set_verify(config.verify);
    return tls;
}

template <class T>
T told(const mqtt::properties& properties, mqtt::property::code code, T otherwise) {
    return properties.contains(code) ? mqtt::get<T>(properties, code) : otherwise;
}

BrokerFacts read_facts(const mqtt::token& connected, int version, std::string endpoint) {
    BrokerFacts facts;
    facts.endpoint = std::move(endpoint);
    const auto response = connected.get_connect_response();
    facts.has_session = response.is_session_present();
    facts.may_be_held_back = true;
    if (version != 5) {
        facts.protocol = "MQTT 3.1.1";
        facts.window = in_flight_3_1_1;
        facts.carries_properties = false;
        facts.tells_refusals = false;
        return facts;
    }
    const auto& properties = response.get_properties();
    using mqtt::property;
    facts.protocol = "MQTT 5";
    facts.window =
        std::min<unsigned>(most_in_flight, told<std::uint16_t>(properties, property::RECEIVE_MAXIMUM, 65535));
    facts.maximum_packet_size = told<std::uint32_t>(properties, property::MAXIMUM_PACKET_SIZE, 0);
    facts.maximum_qos = told<std::uint8_t>(properties, property::MAXIMUM_QOS, 2);
    facts.retain_available = told<std::uint8_t>(properties, property::RETAIN_AVAILABLE, 1) != 0;
    return facts;
}

/// Session Expiry Interval; 0xFFFFFFFF would be "for ever" (MQTT 5 §3.1.2.11.2).
std::int32_t to_expiry(std::chrono::seconds time) {
    constexpr std::int64_t longest = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(time.count(), 0, longest));
}

/// Paho's own words for a file that is not there do not name it.
std::string why_unreadable(const BrokerConfig& config) {
    for (const auto& file : {config.ca_file, config.certificate, config.key})
        if (!file.empty() && !std::ifstream(file))
            return "TLS: " + file + " cannot be read";
    return {};
}

}  // namespace

MqttConnection::MqttConnection(const MqttTarget& target, int version, Heard heard)
    : target_(target),
      version_(version),
      heard_(std::move(heard)),
      ping_after_(std::max(std::chrono::seconds(1), target.config.keep_alive * 3 / 5)) {}

MqttConnection::~MqttConnection() {
    const std::lock_guard lock(paho_life());
    client_.reset();
}

mqtt::connect_options MqttConnection::make_options() {
    const auto& config = target_.config;
    mqtt::connect_options options;
    options.set_mqtt_version(version_ == 5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1);
    if (version_ == 5) {
        // Not where a fresh one is wanted either: mosquitto 2.0 never saves a session that began with a clean start.
        options.set_clean_start(false);
        // The will has no delay: whoever reads the status learns of a loss at once, session or no session.
        options.set_properties({{mqtt::property::SESSION_EXPIRY_INTERVAL, to_expiry(config.session_expiry)},
                                {mqtt::property::MAXIMUM_PACKET_SIZE, longest_received}});
    } else {
        options.set_clean_session(!wish_.is_kept);
    }
    options.set_automatic_reconnect(false);
    // Paho gives up one and a half times this after the ping: one and a half times keep_alive after the last word.
    options.set_keep_alive_interval(ping_after_);
    options.set_connect_timeout(connect_timeout);
    options.set_max_inflight(std::numeric_limits<std::uint16_t>::max());
    const auto& url = target_.url;
    if (const auto& name = config.username.empty() ? url.username : config.username; !name.empty())
        options.set_user_name(name);
    if (const auto& secret = config.password.empty() ? url.password : config.password; !secret.empty())
        options.set_password(secret);
    if (!target_.will.address.empty())
        options.set_will_message(make_message(target_.will, version_ == 5));
    if (url.tls)
        options.set_ssl(make_tls(config));
    return options;
}

void MqttConnection::on_success(const mqtt::token& connected) {
    if (answered_.exchange(true))
        return;
    touch();
    try {
        auto facts = read_facts(connected, version_, to_string(target_.url));
        is_up_ = !facts.has_session || !wish_.is_fresh;
        if (is_up_)
            heard_.up(std::move(facts));
        is_session_right_.set_value(is_up_);
    } catch (...) {
        is_session_right_.set_exception(std::current_exception());
    }
}

/// False: `stop` is set. Throws what Paho does, and where nobody answers in time.
bool MqttConnection::wait_for_answer(mqtt::token& connected, const std::atomic<bool>& stop) {
    const auto limit = std::chrono::steady_clock::now() + connect_timeout + 1s;
    while (!connected.wait_for(50ms)) {
        const bool is_late = std::chrono::steady_clock::now() > limit;
        if (!stop && !is_late)
            continue;
        if (answered_.exchange(true))
            break;
        if (stop)
            return false;
        throw mqtt::exception(MQTTASYNC_FAILURE);
    }
    return true;
}

std::optional<ConnectFailure> MqttConnection::connect(SessionWish wish, const std::atomic<bool>& stop) {
    wish_ = wish;
    const auto started = std::chrono::steady_clock::now();
    const auto elapsed = [started] { return std::chrono::steady_clock::now() - started; };
    if (auto why = why_unreadable(target_.config); target_.url.tls && !why.empty())
        return ConnectFailure{to_string(target_.url) + ": " + why};
    // Paho looks names up with its lock held: a name that nobody answers for would stop every other broker.
    if (auto why = why_unresolved(target_.url.host); !why.empty())
        return ConnectFailure{to_string(target_.url) + ": " + why};
    try {
        client_ = make_client(target_, version_);
        client_->set_message_callback([this](const mqtt::const_message_ptr& message) {
            touch();
            if (is_up_)
                heard_.delivery(to_delivery(*message));
        });
        client_->set_connection_lost_handler([this](const std::string& cause) { on_lost(cause); });
        client_->set_disconnected_handler(
            [this](const mqtt::properties&, mqtt::ReasonCode reason) { on_disconnect_packet(reason); });
        const auto token = client_->connect(make_options(), nullptr, *this);
        touch();
        if (!wait_for_answer(*token, stop))
            return ConnectFailure{"closed while connecting"};
        if (!is_session_right_.get_future().get())
            return ConnectFailure{to_string(target_.url) + ": an old session is still there", false, false, true};
        set_no_delay(target_.url.port);
        return std::nullopt;
    } catch (const mqtt::exception& error) {
        spdlog::debug("{}: MQTT {}: {} (code {}, reason {})", to_string(target_.url), version_ == 5 ? "5" : "3.1.1",
                      error.what(), error.get_return_code(), int{error.get_reason_code()});
        return explain(error, elapsed() >= connect_timeout);
    } catch (const std::exception& error) {
        return ConnectFailure{to_string(target_.url) + ": " + error.what()};
    }
}

ConnectFailure MqttConnection::explain(const mqtt::exception& error, bool timed_out) {
    const auto name = to_string(target_.url) + ": ";
    const int code = error.get_return_code();
    // Paho gives the reason of an MQTT 5 CONNACK as either.
    const int reason = code >= 0x80 ? code : static_cast<int>(error.get_reason_code());
    if (reason >= 0x80 && reason != mqtt::ReasonCode::MQTTPP_V3_CODE)
        return {name + reason_words(reason), reason == 0x84, reason == 0x86 || reason == 0x87};
    if (code >= 1 && code <= 5)
        return {name + connack_words(code), code == 1, code == 4 || code == 5};
    if (auto why = why_unreachable(target_.url.host, target_.url.port, 1s); !why.empty())
        return {name + why};
    if (timed_out)
        return {name + "no answer within " + std::to_string(connect_timeout.count()) + " s"};
    if (target_.url.tls) {
        const auto why = why_no_tls(target_.url, target_.config, 1s);
        return {name + "TLS: " + (why.empty() ? "the client library gave up" : why)};
    }
    return {name + "the broker closed the connection before it answered", false, false, false, true};
}

std::string MqttConnection::publish(Publication publication, void* context, mqtt::iaction_listener& listener) {
    return publish(make_message(std::move(publication), is_mqtt5()), context, listener);
}

std::string MqttConnection::publish(mqtt::const_message_ptr message, void* context, mqtt::iaction_listener& listener) {
    try {
        client_->publish(std::move(message), context, listener);
        return {};
    } catch (const std::exception& error) {
        return error.what();
    }
}

std::string MqttConnection::subscribe(const std::string& filter, int qos, void* context,
                                      mqtt::iaction_listener& listener) {
    try {
        // Retain-as-published stays 0: the flag then means "kept from before you subscribed" [MQTT-3.3.1-12].
        client_->subscribe(filter, qos, context, listener, mqtt::subscribe_options(false, false));
        return {};
    } catch (const std::exception& error) {
        return error.what();
    }
}

void MqttConnection::unsubscribe(const std::string& filter) {
    try {
        client_->unsubscribe(filter);
    } catch (const std::exception& error) {
        spdlog::debug("{}: unsubscribe: {}", to_string(target_.url), error.what());
    }
}

void MqttConnection::disconnect(std::chrono::milliseconds limit, bool is_session_kept) {
    try {
        ended_ = true;
        // At once: what Paho lets wait for the last answers, it sends without the properties.
        mqtt::disconnect_options options(std::chrono::milliseconds(0));
        inside(options).struct_version = 1;
        if (is_mqtt5() && !is_session_kept)
            options.set_properties({{mqtt::property::SESSION_EXPIRY_INTERVAL, 0}});
        if (client_)
            client_->disconnect(std::move(options))->wait_for(limit);
    } catch (const std::exception& error) {
        spdlog::debug("{}: disconnect: {}", to_string(target_.url), error.what());
    }
}

void MqttConnection::on_disconnect_packet(int reason) {
    // Paho tells of this instead of the loss.
    if (!ended_.exchange(true))
        heard_.lost({to_string(target_.url) + ": the broker ended the connection: " + reason_words(reason), true});
}

void MqttConnection::on_lost(const std::string& cause) {
    if (ended_.exchange(true))
        return;
    using Clock = std::chrono::steady_clock;
    const auto silence = Clock::now() - Clock::time_point(Clock::duration(last_packet_));
    const bool closed = silence < ping_after_ * 2;
    heard_.lost({to_string(target_.url) +
                     (closed ? ": the broker closed the connection" : ": the connection was lost") +
                     (cause.empty() ? "" : " (" + cause + ")"),
                 closed});
}

}  // namespace mucbridge
