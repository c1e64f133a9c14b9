#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "broker/broker.hpp"

namespace mucbridge {

/// A broker inside the process, with MQTT's semantics: filters, retained messages, last wills, one order for all
/// subscribers. It has no thread: whoever publishes also delivers, one at a time and never with the bus locked; a
/// callback that publishes is heard after the callbacks before it.
/// Tests publish beside a gateway, refuse, hold back and cut with the same object.
class MemoryBus : public std::enable_shared_from_this<MemoryBus> {
public:
    /// The bus of that name in this process, alive as long as somebody holds it. The empty name is a bus of its own.
    static std::shared_ptr<MemoryBus> named(const std::string& name);

    explicit MemoryBus(std::string name = {}) : name_(std::move(name)) { facts_.protocol = "memory"; }

    /// Publishes beside the gateways.
    void publish(Publication publication);
    /// Hears what a filter selects, until the answer is destroyed.
    std::shared_ptr<void> subscribe(const std::string& filter, std::function<void(Delivery)> heard);
    std::vector<Publication> retained(const std::string& filter) const;

    /// What a connecting broker is told; with carries_properties false, properties are dropped as on MQTT 3.1.1, and
    /// with tells_refusals false a refused publication looks accepted.
    void pretend(BrokerFacts facts);
    /// Down: ends every connection, and connect() fails, until it is up again. Retained messages stay.
    void set_up(bool up);
    /// Ends every connection, as a cut cable does: wills are published.
    void cut();
    void refuse_publish(const std::string& filter, const std::string& reason);
    void refuse_subscribe(const std::string& filter, const std::string& reason);
    /// What a gateway publishes there is accepted but not delivered to itself (a denied read right).
    void drop_echoes(const std::string& filter);
    void accept_everything();  // forgets the refusals and drops
    /// Held settlements and deliveries wait, in order, until no longer held; a connection's end releases the former
    /// and loses the latter.
    void hold_settlements(bool hold);
    void hold_deliveries(bool hold);

private:
    friend class MemoryBroker;
    /// One connection, of a Broker or of a bare subscriber.
    struct Client {
        BrokerEvents events;
        Publication will;
        bool up = false;
        bool gone = false;  // nothing is called any more
    };
    struct Settled {
        std::function<void(Settlement)> settled;
        Settlement settlement;
    };
    struct Answered {
        std::function<void(Granted)> answered;
        Granted granted;
    };
    using What = std::variant<Delivery, Settled, Answered, BrokerFacts, BrokerDown>;
    struct Event {
        std::shared_ptr<Client> client;
        What what;
    };
    struct Subscription {
        std::shared_ptr<Client> client;
        int qos;
    };
    struct Refusal {
        std::string filter, reason;
    };
    using Lock = std::unique_lock<std::mutex>;

    // For MemoryBroker.
    std::shared_ptr<Client> add(BrokerEvents events, Publication will);
    void remove(const std::shared_ptr<Client>& client);
    void connect(const std::shared_ptr<Client>& client);
    void publish(const std::shared_ptr<Client>& client, Publication publication,
                 std::function<void(Settlement)> settled);
    void subscribe(const std::shared_ptr<Client>& client, const std::string& filter, int qos,
                   std::function<void(Granted)> answered);
    void unsubscribe(const std::shared_ptr<Client>& client, const std::string& filter);

    // With the lock held.
    void route(const Client* from, Publication publication);
    std::vector<Subscription> select(const std::string& address) const;
    void give(const Subscription& subscription, Delivery delivery);
    void settle(const std::shared_ptr<Client>& client, std::function<void(Settlement)> settled, Settlement settlement);
    void keep(const Publication& publication);
    void end(const std::shared_ptr<Client>& client, const std::string& reason, bool by_broker, bool publish_will);
    void end_all(const std::string& reason, bool by_broker, bool publish_wills);
    void forget_subscriptions(const Client* client);

    static const Refusal* refusal(const std::vector<Refusal>& refusals, const std::string& address);

    /// Delivers what waits, unless somebody is at it already.
    void drain(Lock& lock);
    void run(Event& event) noexcept;

    const std::string name_;
    mutable std::mutex mutex_;
    std::condition_variable rested_;  // an event has been run
    std::deque<Event> waiting_;
    std::deque<Event> held_settlements_, held_deliveries_;
    Client* running_ = nullptr;  // whose callback is being run
    std::thread::id runner_;
    bool draining_ = false, up_ = true, hold_settlements_ = false, hold_deliveries_ = false;
    BrokerFacts facts_;
    std::vector<std::shared_ptr<Client>> clients_;
    std::unordered_map<std::string, std::vector<Subscription>> exact_;  // filters without + and #
    std::map<std::string, std::vector<Subscription>> patterns_;
    std::map<std::string, Publication> retained_;
    std::vector<Refusal> refused_publish_, refused_subscribe_, dropped_echoes_;
};

/// A gateway's connection to a bus.
class MemoryBroker : public Broker {
public:
    MemoryBroker(std::shared_ptr<MemoryBus> bus, const BrokerConfig& config, const BrokerIdentity& identity,
                 BrokerEvents events);
    ~MemoryBroker() override;
    void connect(bool is_fresh) override;
    void keep_session(bool is_kept) override;
    void publish(Publication publication, std::function<void(Settlement)> settled) override;
    void subscribe(std::string filter, SubscriptionWish wish, std::function<void(Granted)> answered) override;
    void unsubscribe(std::string filter) override;
    void announce(const std::string& state) override;

private:
    std::shared_ptr<MemoryBus> bus_;
    std::string origin_, status_topic_;  // the latter is empty where nothing is announced
    std::shared_ptr<MemoryBus::Client> client_;
};

std::unique_ptr<Broker> make_memory_broker(std::shared_ptr<MemoryBus> bus, const BrokerConfig& config,
                                           const BrokerIdentity& identity, BrokerEvents events);

}  // namespace mucbridge
