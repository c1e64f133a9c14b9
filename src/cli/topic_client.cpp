#include "cli/topic_client.hpp"

#include <algorithm>

#include "core/unique.hpp"

namespace mucbridge {

using Lock = std::unique_lock<std::mutex>;

Result<std::unique_ptr<TopicClient>> TopicClient::connect(const BrokerConfig& config, Tick deadline) {
    auto own = config;
    own.client_id.clear();  // the gateway has it: a second one of that name throws the first one out
    std::unique_ptr<TopicClient> client(new TopicClient);
    constexpr std::size_t name_bytes = 6;
    auto broker = open_broker(own, {"cli-" + make_random_hex(name_bytes), false}, client->make_events());
    if (!broker)
        return broker.error();
    client->broker_ = std::move(*broker);
    client->broker_->connect(true);
    Lock lock(client->mutex_);
    const bool answered = client->changed_.wait_until(
        lock, deadline, [&] { return client->facts_.has_value() || client->down_.has_value(); });
    if (!answered)
        return Error{config.url + ": no answer in time"};
    if (!client->facts_)
        return Error{client->down_->reason};
    lock.unlock();
    return client;
}

TopicClient::~TopicClient() {
    {
        const Lock lock(mutex_);
        is_closing_ = true;
        changed_.notify_all();
    }
    broker_.reset();
}

BrokerEvents TopicClient::make_events() {
    const auto tell = [this](auto change) {
        const Lock lock(mutex_);
        change();
        changed_.notify_all();
    };
    return {[=, this](BrokerFacts facts) { tell([&] { facts_ = std::move(facts); }); },
            [=, this](BrokerDown down) { tell([&] { down_ = std::move(down); }); },
            [=, this](Delivery delivery) {
                // A reader that is slower than the broker holds the broker up: nobody else waits for this thread here.
                constexpr std::size_t most = 1000;
                Lock lock(mutex_);
                changed_.wait(lock, [this] { return deliveries_.size() < most || is_closing_; });
                deliveries_.push_back(std::move(delivery));
                changed_.notify_all();
            }};
}

Result<void> TopicClient::subscribe(const std::string& filter, int qos, Tick deadline) {
    broker_->subscribe(filter, qos, [this](Granted granted) {
        const Lock lock(mutex_);
        granted_ = std::move(granted);
        changed_.notify_all();
    });
    Lock lock(mutex_);
    changed_.wait_until(lock, deadline, [this] { return granted_ || down_; });
    if (granted_ && granted_->granted)
        return {};
    if (granted_)
        return Error{"the broker refuses the subscription: " + granted_->reason};
    return Error{down_ ? down_->reason : "no answer to the subscription in time"};
}

void TopicClient::on_settled(Settlement settlement) {
    const Lock lock(mutex_);
    --unsettled_;
    if (settlement.outcome != Settlement::Outcome::accepted && !refusal_)
        refusal_ = std::move(settlement);
    changed_.notify_all();
}

bool TopicClient::publish(Publication publication, Tick deadline) {
    {
        Lock lock(mutex_);
        const auto window = std::max(1U, facts_->window);
        if (!changed_.wait_until(lock, deadline, [&] { return unsettled_ < window || down_; }) || down_)
            return false;
        ++unsettled_;
    }
    broker_->publish(std::move(publication), [this](Settlement settlement) { on_settled(std::move(settlement)); });
    return true;
}

std::optional<Settlement> TopicClient::settle(Tick deadline) {
    Lock lock(mutex_);
    if (!changed_.wait_until(lock, deadline, [this] { return unsettled_ == 0; }))
        return std::nullopt;
    return refusal_.value_or(Settlement{Settlement::Outcome::accepted});
}

std::optional<Delivery> TopicClient::next(Tick deadline) {
    Lock lock(mutex_);
    changed_.wait_until(lock, deadline, [this] { return !deliveries_.empty() || down_; });
    if (deliveries_.empty())
        return std::nullopt;
    auto delivery = std::move(deliveries_.front());
    deliveries_.pop_front();
    changed_.notify_all();
    return delivery;
}

std::string TopicClient::why_down() {
    const Lock lock(mutex_);
    return down_ ? down_->reason : "";
}

}  // namespace mucbridge
