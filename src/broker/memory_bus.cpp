#include <algorithm>

#include "broker/memory.hpp"
#include "core/address.hpp"

namespace mucbridge {
namespace {

bool is_pattern(const std::string& filter) { return filter.find_first_of("+#") != std::string::npos; }

Delivery to_delivery(Publication publication) {
    Delivery delivery;
    delivery.address = std::move(publication.address);
    delivery.payload = std::move(publication.payload);
    delivery.qos = publication.qos;
    delivery.content_type = std::move(publication.content_type);
    delivery.properties = std::move(publication.properties);
    if (!publication.answers.empty())
        delivery.properties.emplace_back("correlation-id", std::move(publication.answers));
    return delivery;
}

}  // namespace

const MemoryBus::Refusal* MemoryBus::refusal(const std::vector<Refusal>& refusals, const std::string& address) {
    const auto found = std::find_if(refusals.begin(), refusals.end(), [&](const Refusal& one) {
        return one.filter == address || matches_topic(one.filter, address);
    });
    return found == refusals.end() ? nullptr : &*found;
}

std::shared_ptr<MemoryBus> MemoryBus::named(const std::string& name) {
    if (name.empty())
        return std::make_shared<MemoryBus>();
    static std::mutex mutex;
    static std::map<std::string, std::weak_ptr<MemoryBus>> buses;
    const std::lock_guard lock(mutex);
    auto& known = buses[name];
    auto bus = known.lock();
    if (!bus)
        known = bus = std::make_shared<MemoryBus>(name);
    return bus;
}

void MemoryBus::publish(Publication publication) {
    Lock lock(mutex_);
    route(nullptr, std::move(publication));
    drain(lock);
}

std::shared_ptr<void> MemoryBus::subscribe(const std::string& filter, std::function<void(Delivery)> heard) {
    auto client = add(BrokerEvents{nullptr, nullptr, std::move(heard)}, {});
    {
        const Lock lock(mutex_);
        client->up = true;
    }
    subscribe(client, filter, 2, nullptr);
    auto* raw = client.get();
    return {raw, [bus = shared_from_this(), client = std::move(client)](void*) { bus->remove(client); }};
}

std::vector<Publication> MemoryBus::retained(const std::string& filter) const {
    const Lock lock(mutex_);
    std::vector<Publication> found;
    for (const auto& [address, publication] : retained_)
        if (matches_topic(filter, address))
            found.push_back(publication);
    return found;
}

std::shared_ptr<MemoryBus::Client> MemoryBus::add(BrokerEvents events, Publication will) {
    auto client = std::make_shared<Client>();
    client->events = std::move(events);
    client->will = std::move(will);
    const Lock lock(mutex_);
    clients_.push_back(client);
    return client;
}

void MemoryBus::remove(const std::shared_ptr<Client>& client) {
    std::vector<Settled> unsettled;
    {
        Lock lock(mutex_);
        forget_subscriptions(client.get());
        std::erase(clients_, client);
        client->up = false;
        client->gone = true;
        for (auto* events : {&waiting_, &held_settlements_}) {
            for (auto& event : *events)
                if (event.client == client && std::holds_alternative<Settled>(event.what))
                    unsettled.push_back(std::move(std::get<Settled>(event.what)));
            std::erase_if(*events, [&](const Event& event) { return event.client == client; });
        }
        rested_.wait(lock, [&] { return running_ != client.get() || runner_ == std::this_thread::get_id(); });
    }
    for (auto& [settled, settlement] : unsettled)
        if (settled)
            settled({Settlement::Outcome::released, "the connection was closed first"});
}

void MemoryBus::connect(const std::shared_ptr<Client>& client) {
    Lock lock(mutex_);
    if (!up_) {
        waiting_.push_back({client, BrokerDown{"memory:" + name_ + ": the broker is down", false}});
    } else if (!client->up) {
        client->up = true;
        auto facts = facts_;
        facts.endpoint = "memory:" + name_;
        waiting_.push_back({client, std::move(facts)});
    }
    drain(lock);
}

void MemoryBus::publish(const std::shared_ptr<Client>& client, Publication publication,
                        std::function<void(Settlement)> settled) {
    using Outcome = Settlement::Outcome;
    Lock lock(mutex_);
    if (!client->up) {
        waiting_.push_back({client, Settled{std::move(settled), {Outcome::released, "not connected"}}});
    } else if (const auto* refused = refusal(refused_publish_, publication.address)) {
        const bool told = facts_.tells_refusals && publication.qos > 0;
        settle(client, std::move(settled),
               told ? Settlement{Outcome::rejected, refused->reason} : Settlement{Outcome::accepted});
    } else {
        settle(client, std::move(settled), {Outcome::accepted});
        route(client.get(), std::move(publication));
    }
    drain(lock);
}

void MemoryBus::subscribe(const std::shared_ptr<Client>& client, const std::string& filter, int qos,
                          std::function<void(Granted)> answered) {
    Lock lock(mutex_);
    if (!client->up) {
        waiting_.push_back({client, Answered{std::move(answered), {false, 0, "not connected"}}});
    } else if (const auto* refused = refusal(refused_subscribe_, filter)) {
        const std::string reason = facts_.tells_refusals ? refused->reason : "refused";
        waiting_.push_back({client, Answered{std::move(answered), {false, 0, reason}}});
    } else {
        waiting_.push_back({client, Answered{std::move(answered), {true, qos, {}}}});
        auto& those = is_pattern(filter) ? patterns_[filter] : exact_[filter];
        std::erase_if(those, [&](const Subscription& one) { return one.client == client; });
        const Subscription subscription{client, qos};
        those.push_back(subscription);
        for (const auto& [address, publication] : retained_)
            if (matches_topic(filter, address)) {
                auto delivery = to_delivery(publication);
                delivery.retained = true;
                give(subscription, std::move(delivery));
            }
    }
    drain(lock);
}

void MemoryBus::unsubscribe(const std::shared_ptr<Client>& client, const std::string& filter) {
    const Lock lock(mutex_);
    const auto leave = [&](auto& those) {
        const auto found = those.find(filter);
        if (found == those.end())
            return;
        std::erase_if(found->second, [&](const Subscription& one) { return one.client == client; });
        if (found->second.empty())
            those.erase(found);
    };
    leave(exact_);
    leave(patterns_);
}

void MemoryBus::keep(const Publication& publication) {
    if (publication.payload.empty())
        retained_.erase(publication.address);  // MQTT 5 §3.3.1.3
    else
        retained_.insert_or_assign(publication.address, publication);
}

std::vector<MemoryBus::Subscription> MemoryBus::select(const std::string& address) const {
    const auto found = exact_.find(address);
    std::vector<Subscription> selected;
    if (found != exact_.end())
        selected = found->second;
    // A client whose filters overlap hears it once, at the best QoS, as from mosquitto.
    for (const auto& [filter, those] : patterns_) {
        if (!matches_topic(filter, address))
            continue;
        for (const auto& one : those) {
            const auto same = std::find_if(selected.begin(), selected.end(),
                                           [&](const Subscription& other) { return other.client == one.client; });
            if (same == selected.end())
                selected.push_back(one);
            else
                same->qos = std::max(same->qos, one.qos);
        }
    }
    return selected;
}

void MemoryBus::route(const Client* from, Publication publication) {
    if (!facts_.carries_properties) {
        publication.properties.clear();
        publication.answers.clear();
        publication.content_type.clear();
    }
    if (publication.retain)
        keep(publication);
    auto selected = select(publication.address);
    if (from && refusal(dropped_echoes_, publication.address))
        std::erase_if(selected, [&](const Subscription& one) { return one.client.get() == from; });
    if (selected.empty())
        return;
    auto delivery = to_delivery(std::move(publication));
    for (std::size_t i = 0; i + 1 < selected.size(); ++i)
        give(selected[i], delivery);
    give(selected.back(), std::move(delivery));
}

void MemoryBus::give(const Subscription& subscription, Delivery delivery) {
    delivery.qos = std::min(delivery.qos, subscription.qos);
    (hold_deliveries_ ? held_deliveries_ : waiting_).push_back({subscription.client, std::move(delivery)});
}

void MemoryBus::settle(const std::shared_ptr<Client>& client, std::function<void(Settlement)> settled,
                       Settlement settlement) {
    (hold_settlements_ ? held_settlements_ : waiting_)
        .push_back({client, Settled{std::move(settled), std::move(settlement)}});
}

void MemoryBus::end(const std::shared_ptr<Client>& client, const std::string& reason, bool by_broker,
                    bool publish_will) {
    if (!client->up)
        return;
    client->up = false;
    forget_subscriptions(client.get());
    waiting_.push_back({client, BrokerDown{"memory:" + name_ + ": " + reason, by_broker}});
    const auto is_ours = [&](const Event& event) { return event.client == client; };
    for (auto& event : held_settlements_) {
        if (!is_ours(event))
            continue;
        std::get<Settled>(event.what).settlement = {Settlement::Outcome::released, reason};
        waiting_.push_back(std::move(event));
    }
    std::erase_if(held_settlements_, [](const Event& event) { return !event.client; });
    std::erase_if(held_deliveries_, is_ours);
    if (publish_will && !client->will.address.empty())
        route(nullptr, client->will);
}

void MemoryBus::end_all(const std::string& reason, bool by_broker, bool publish_wills) {
    for (const auto& client : std::vector(clients_))
        if (client->events.on_down)  // a bare subscriber stays
            end(client, reason, by_broker, publish_wills);
}

void MemoryBus::forget_subscriptions(const Client* client) {
    const auto is_its = [client](const Subscription& one) { return one.client.get() == client; };
    const auto forget = [&](auto& filters) {
        for (auto at = filters.begin(); at != filters.end();) {
            std::erase_if(at->second, is_its);
            at = at->second.empty() ? filters.erase(at) : std::next(at);
        }
    };
    forget(exact_);
    forget(patterns_);
}

void MemoryBus::drain(Lock& lock) {
    if (draining_)
        return;
    draining_ = true;
    runner_ = std::this_thread::get_id();
    while (!waiting_.empty()) {
        Event event = std::move(waiting_.front());
        waiting_.pop_front();
        if (event.client->gone)
            continue;
        running_ = event.client.get();
        lock.unlock();
        run(event);
        lock.lock();
        running_ = nullptr;
        rested_.notify_all();
    }
    runner_ = {};
    draining_ = false;
}

void MemoryBus::run(Event& event) noexcept {
    const auto& events = event.client->events;
    if (auto* delivery = std::get_if<Delivery>(&event.what)) {
        if (events.on_delivery)
            events.on_delivery(std::move(*delivery));
    } else if (auto* settled = std::get_if<Settled>(&event.what)) {
        if (settled->settled)
            settled->settled(std::move(settled->settlement));
    } else if (auto* answered = std::get_if<Answered>(&event.what)) {
        if (answered->answered)
            answered->answered(std::move(answered->granted));
    } else if (auto* facts = std::get_if<BrokerFacts>(&event.what)) {
        if (events.on_up)
            events.on_up(std::move(*facts));
    } else if (events.on_down) {
        events.on_down(std::get<BrokerDown>(std::move(event.what)));
    }
}

}  // namespace mucbridge
