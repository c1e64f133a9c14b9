#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "broker/broker.hpp"
#include "broker/mqtt.hpp"
#include "broker/mqtt_connection.hpp"

namespace mucbridge {

/// The adapter behind make_mqtt_broker(). A thread of its own connects and ends; Paho's threads deliver and settle.
/// What waits for an answer has a number, which Paho carries as the answer's context.
class MqttBroker : public Broker, private mqtt::iaction_listener {
public:
    MqttBroker(MqttTarget target, std::string origin, BrokerEvents events, BeforeConnect before_connect);
    ~MqttBroker() override;
    void connect(bool is_fresh) override;
    void keep_session(bool is_kept) override;
    void publish(Publication publication, std::function<void(Settlement)> settled) override;
    void subscribe(std::string filter, SubscriptionWish wish, std::function<void(Granted)> answered) override;
    void unsubscribe(std::string filter) override;
    void announce(const std::string& state) override;

private:
    using Number = std::uint64_t;
    struct Waiting {
        std::function<void(Settlement)> settled;
        std::function<void(Granted)> answered;
        int qos = 0;    // that was asked for
        int tries = 0;  // that the broker took for something older
    };
    /// Keeps the connection from being destroyed while a thread calls it.
    class Use {
    public:
        explicit Use(MqttBroker& broker) : broker_(broker) {
            const std::lock_guard lock(broker_.mutex_);
            connection_ = broker_.connection_.get();
            if (connection_)
                ++broker_.users_;
        }
        ~Use() {
            if (!connection_)
                return;
            const std::lock_guard lock(broker_.mutex_);
            --broker_.users_;
            broker_.changed_.notify_all();
        }
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;
        MqttConnection* operator->() const { return connection_; }
        explicit operator bool() const { return connection_ != nullptr; }

    private:
        MqttBroker& broker_;
        MqttConnection* connection_;
    };

    /// Runs another's callback: what it throws must not unwind into Paho's C.
    static void guarded(const std::function<void()>& call);

    // Paho's answers, on its threads and with its lock held.
    void on_success(const mqtt::token& token) override;
    void on_failure(const mqtt::token& token) override;
    Number remember(Waiting waiting);
    static void* to_context(Number number);
    bool take(Number number, Waiting& waiting);
    void give_up(Number number, const std::string& why, bool connected);
    static void answer(Waiting waiting, Settlement settlement);
    std::string why_refused(const Publication& publication) const;
    bool publish_again(const mqtt::token& token);
    bool is_window_full();

    // The adapter's thread: whatever blocks, and whatever tells up and down, in one order.
    void run();
    void post(std::function<void()> task);
    void attempt(bool is_fresh);
    std::optional<ConnectFailure> try_with_patience(int version, SessionWish wish);
    std::optional<ConnectFailure> try_version(int version, SessionWish wish);
    void end_session(int version);
    void come_up(BrokerFacts facts);
    void go_down(Number number, const BrokerDown& down);
    void make_sure_of_end(Number unanswered);
    void end(const std::function<void()>& tell, const std::string& reason);
    void say_farewell();
    MqttConnection::Heard make_heard(Number number);
    std::vector<int> versions_to_try() const;

    const MqttTarget target_;
    const std::string origin_;
    const BrokerEvents events_;
    const BeforeConnect before_connect_;
    // The adapter's thread alone.
    bool only_3_1_1_ = false;       // the broker refused MQTT 5 when last asked
    bool has_spoken_5_ = false;     // it did once: that it closes says nothing of the version
    Number connection_number_ = 0;  // of the latest attempt

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> tasks_;
    std::unique_ptr<MqttConnection> attempted_;   // not answered yet
    std::unique_ptr<MqttConnection> connection_;  // null: down
    BrokerFacts facts_;                           // of connection_: unchanged while a Use holds it
    bool has_old_ids_ = true;  // the broker's session may hold ids that we use anew, or a former process did
    unsigned users_ = 0;       // how many Uses do
    Number next_number_ = 1;
    std::unordered_map<Number, Waiting> waiting_;
    std::atomic<bool> stop_{false}, is_session_kept_{false};
    std::thread thread_;
};

}  // namespace mucbridge
