#include "broker/memory.hpp"

#include <algorithm>
#include <iterator>

#include "broker/status.hpp"

namespace mucbridge {

void MemoryBus::pretend(BrokerFacts facts) {
    const Lock lock(mutex_);
    facts_ = std::move(facts);
}

void MemoryBus::set_up(bool up) {
    Lock lock(mutex_);
    up_ = up;
    if (!up)
        end_all("the broker went down", true, false);
    drain(lock);
}

void MemoryBus::cut() {
    Lock lock(mutex_);
    end_all("the connection was cut", false, true);
    drain(lock);
}

void MemoryBus::refuse_publish(const std::string& filter, const std::string& reason) {
    const Lock lock(mutex_);
    refused_publish_.push_back({filter, reason});
}

void MemoryBus::refuse_subscribe(const std::string& filter, const std::string& reason) {
    const Lock lock(mutex_);
    refused_subscribe_.push_back({filter, reason});
}

void MemoryBus::drop_echoes(const std::string& filter) {
    const Lock lock(mutex_);
    dropped_echoes_.push_back({filter, {}});
}

void MemoryBus::accept_everything() {
    const Lock lock(mutex_);
    refused_publish_.clear();
    refused_subscribe_.clear();
    dropped_echoes_.clear();
}

void MemoryBus::hold_settlements(bool hold) {
    Lock lock(mutex_);
    hold_settlements_ = hold;
    if (!hold) {
        std::move(held_settlements_.begin(), held_settlements_.end(), std::back_inserter(waiting_));
        held_settlements_.clear();
    }
    drain(lock);
}

void MemoryBus::hold_deliveries(bool hold) {
    Lock lock(mutex_);
    hold_deliveries_ = hold;
    if (!hold) {
        std::move(held_deliveries_.begin(), held_deliveries_.end(), std::back_inserter(waiting_));
        held_deliveries_.clear();
    }
    drain(lock);
}

MemoryBroker::MemoryBroker(std::shared_ptr<MemoryBus> bus, const BrokerConfig& config, const BrokerIdentity& identity,
                           BrokerEvents events)
    : bus_(std::move(bus)), origin_(identity.origin) {
    if (identity.announces)
        status_topic_ = status_topic(config, identity);
    client_ = bus_->add(std::move(events), make_status(status_topic_, origin_, "offline"));
}

MemoryBroker::~MemoryBroker() {
    announce("offline");
    bus_->remove(client_);
}

/// What happens while nobody is connected is kept for nobody here.
void MemoryBroker::connect(bool) { bus_->connect(client_); }
void MemoryBroker::keep_session(bool) {}

void MemoryBroker::publish(Publication publication, std::function<void(Settlement)> settled) {
    if (auto why = why_malformed(publication); !why.empty()) {
        if (settled)
            settled({Settlement::Outcome::rejected, std::move(why)});
        return;
    }
    bus_->publish(client_, std::move(publication), std::move(settled));
}

void MemoryBroker::subscribe(std::string filter, SubscriptionWish wish, std::function<void(Granted)> answered) {
    if (auto why = why_malformed_filter(filter); !why.empty()) {
        if (answered)
            answered({false, 0, std::move(why)});
        return;
    }
    bus_->subscribe(client_, filter, wish.qos, std::move(answered));
}

void MemoryBroker::unsubscribe(std::string filter) { bus_->unsubscribe(client_, filter); }

void MemoryBroker::announce(const std::string& state) {
    if (!status_topic_.empty())
        bus_->publish(client_, make_status(status_topic_, origin_, state), nullptr);
}

std::unique_ptr<Broker> make_memory_broker(std::shared_ptr<MemoryBus> bus, const BrokerConfig& config,
                                           const BrokerIdentity& identity, BrokerEvents events) {
    return std::make_unique<MemoryBroker>(std::move(bus), config, identity, std::move(events));
}

}  // namespace mucbridge
