#pragma once

#include <chrono>
#include <functional>
#include <proton/io/connection_driver.hpp>
#include <proton/messaging_handler.hpp>
#include <string>

#include "broker/amqp10_profile.hpp"
#include "broker/amqp10_receivers.hpp"
#include "broker/amqp10_senders.hpp"
#include "broker/socket_thread.hpp"
#include "broker/url.hpp"
#include "core/config.hpp"

namespace mucbridge {

/// Where to connect, and as whom.
struct Amqp10Target {
    BrokerUrl url;
    BrokerConfig config;
    std::string origin;
    Amqp10Profile profile;
};

/// One connection: the socket, and Proton's driver on it. Lives on the broker's thread.
class Amqp10Connection : private proton::messaging_handler {
public:
    struct Events {
        std::function<void()> on_up;
        Amqp10Receivers::OnDelivery on_delivery;
    };
    /// Takes the connected socket.
    Amqp10Connection(int socket, const Amqp10Target& target, Events events);
    ~Amqp10Connection() override;
    Amqp10Connection(const Amqp10Connection&) = delete;
    Amqp10Connection& operator=(const Amqp10Connection&) = delete;

    SocketThread::Wish wish();
    /// Reads, handles and writes what there is. Not all of it: other work has its turn.
    void turn();
    Amqp10Senders& senders() { return senders_; }
    Amqp10Receivers& receivers() { return receivers_; }
    bool is_dead() const { return is_dead_; }
    const std::string& why_dead() const { return why_dead_; }
    bool is_login_refused() const { return is_login_refused_; }
    bool is_ended_by_broker() const { return is_ended_by_broker_; }
    /// Says goodbye, and waits a moment for the answer.
    void close();

private:
    using Clock = std::chrono::steady_clock;

    proton::connection_options make_options() const;
    bool read();
    void write();
    void dispatch();
    void tick();
    void die(const std::string& why);

    void on_transport_error(proton::transport& transport) override;
    void on_connection_open(proton::connection& connection) override;
    void on_connection_error(proton::connection& connection) override;
    void on_connection_close(proton::connection& connection) override;
    void on_session_close(proton::session& session) override;
    void on_session_error(proton::session&) override {}
    void on_sender_open(proton::sender& link) override { senders_.on_sendable(link); }
    void on_sendable(proton::sender& link) override { senders_.on_sendable(link); }
    void on_sender_close(proton::sender& link) override;
    void on_sender_detach(proton::sender& link) override { on_sender_close(link); }
    void on_sender_error(proton::sender&) override {}
    void on_tracker_accept(proton::tracker& tracker) override;
    void on_tracker_reject(proton::tracker& tracker) override;
    void on_tracker_release(proton::tracker& tracker) override;
    void on_tracker_settle(proton::tracker& tracker) override;
    void on_receiver_open(proton::receiver& link) override { receivers_.on_open(link); }
    void on_receiver_close(proton::receiver& link) override;
    void on_receiver_detach(proton::receiver& link) override { on_receiver_close(link); }
    void on_receiver_error(proton::receiver&) override {}
    void on_message(proton::delivery& delivery, proton::message& message) override {
        receivers_.on_message(delivery, message);
    }
    void on_error(const proton::error_condition& condition) override { die(condition.what()); }

    const Amqp10Target& target_;
    const Events events_;
    const int socket_;
    const Clock::time_point patient_until_;
    proton::io::connection_driver driver_;
    Amqp10Senders senders_;
    Amqp10Receivers receivers_;
    Clock::time_point next_tick_{};
    bool is_up_ = false, is_dead_ = false, is_login_refused_ = false, is_ended_by_broker_ = false, has_more_ = false;
    std::string why_dead_;
};

}  // namespace mucbridge
