#pragma once

#include <mqtt/async_client.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "broker/broker.hpp"
#include "broker/url.hpp"

namespace mucbridge {

/// Where to connect, and as whom.
struct MqttTarget {
    BrokerUrl url;
    BrokerConfig config;  // keep alive, TLS files, user and password
    std::string client_id;
    Publication will;
};

/// Why one attempt failed.
struct ConnectFailure {
    std::string reason;
    bool is_version = false;  // the broker does not speak this version of MQTT
    bool is_login = false;    // bad user name or password, or not authorized
    bool is_session = false;  // there is one, where none was wanted: say goodbye to it, and try again
    bool is_silent = false;   // it closed without a word: of the version, or because it is just starting or ending
};

/// What is wanted of the session that the broker keeps for this client id.
struct SessionWish {
    bool is_fresh = true;  // it has nothing from earlier connections
    bool is_kept = false;  // it is to outlive this connection: MQTT 5 says so at the end, MQTT 3.1.1 at the beginning
};

/// One connection by Paho, from its attempt to its end; never reused. Everything that throws stays inside.
class MqttConnection : private mqtt::iaction_listener {
public:
    struct Heard {
        std::function<void(BrokerFacts)> up;  // at most once; before what the broker kept is delivered
        std::function<void(Delivery)> delivery;
        std::function<void(BrokerDown)> lost;  // at most once; also where connect() has yet to return
    };

    MqttConnection(const MqttTarget& target, int version, Heard heard);
    /// Waits for a callback that is being run. Not inside one.
    ~MqttConnection() override;
    MqttConnection(const MqttConnection&) = delete;
    MqttConnection& operator=(const MqttConnection&) = delete;

    /// Blocks up to the connect timeout, or until `stop` is set. None: it is up, and told so.
    std::optional<ConnectFailure> connect(SessionWish wish, const std::atomic<bool>& stop);

    /// What Paho refuses at once comes back as its error's text; empty: it will answer through the listener.
    std::string publish(Publication publication, void* context, mqtt::iaction_listener& listener);
    std::string publish(mqtt::const_message_ptr message, void* context, mqtt::iaction_listener& listener);
    std::string subscribe(const std::string& filter, int qos, void* context, mqtt::iaction_listener& listener);
    void unsubscribe(const std::string& filter);
    /// Sends DISCONNECT, so that the will is not published; returns after `limit` at the latest.
    void disconnect(std::chrono::milliseconds limit, bool is_session_kept);
    /// A packet came: what tells a close by the broker from its silence.
    void touch() { last_packet_ = std::chrono::steady_clock::now().time_since_epoch().count(); }
    bool is_connected() const { return client_->is_connected(); }
    bool has_ended() const { return ended_; }
    bool is_mqtt5() const { return version_ == 5; }

private:
    // The broker's CONNACK, on Paho's thread: what comes behind it waits for the return.
    void on_success(const mqtt::token& connected) override;
    void on_failure(const mqtt::token&) override {}

    mqtt::connect_options make_options();
    bool wait_for_answer(mqtt::token& connected, const std::atomic<bool>& stop);
    ConnectFailure explain(const mqtt::exception& error, bool timed_out);
    void on_lost(const std::string& cause);
    void on_disconnect_packet(int reason);

    const MqttTarget& target_;
    const int version_;
    Heard heard_;
    const std::chrono::seconds ping_after_;
    std::atomic<std::int64_t> last_packet_{0};
    std::atomic<bool> ended_{false};     // lost or disconnected, and told so
    std::atomic<bool> answered_{false};  // by the broker; or it is given up, and its answer means nothing any longer
    std::atomic<bool> is_up_{false};     // and told so
    std::promise<bool> is_session_right_;
    SessionWish wish_;
    std::unique_ptr<mqtt::async_client> client_;
};

}  // namespace mucbridge
