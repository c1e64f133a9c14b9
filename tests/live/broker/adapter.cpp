#include "adapter.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>

using namespace mucbridge;
using namespace std::chrono_literals;

std::string to_text(const Settlement& settlement) {
    static const char* const words[] = {"accepted", "rejected", "released"};
    return words[static_cast<int>(settlement.outcome)] + (settlement.reason.empty() ? "" : ": " + settlement.reason);
}

Adapter::Adapter(const std::string& url, const std::function<void(BrokerConfig&)>& configure, const std::string& origin,
                 std::function<void(Delivery)> heard, const std::string& state) {
    BrokerConfig config;
    config.url = url;
    if (configure)
        configure(config);
    BrokerEvents events;
    events.on_up = [this](BrokerFacts facts) {
        const std::lock_guard lock(mutex_);
        facts_ = std::move(facts);
        ++ups_;
        changed_.notify_all();
    };
    events.on_down = [this](BrokerDown down) {
        const std::lock_guard lock(mutex_);
        downs_.push_back(std::move(down));
        changed_.notify_all();
    };
    events.on_delivery = heard ? std::move(heard) : [this](Delivery delivery) {
        const std::lock_guard lock(mutex_);
        deliveries_.push_back(std::move(delivery));
    };
    auto opened = open_broker(config, {origin, true, state}, std::move(events));
    if (!opened)
        throw std::runtime_error(opened.error().text);
    broker_ = std::move(*opened);
}

std::string Adapter::connect(bool is_fresh) {
    std::unique_lock lock(mutex_);
    const auto ups = ups_;
    const auto downs = downs_.size();
    broker_->connect(is_fresh);
    if (!changed_.wait_for(lock, 20s, [&] { return ups_ > ups || downs_.size() > downs; }))
        return "no answer";
    return ups_ > ups ? "up" : downs_.back().reason;
}

std::string Adapter::subscribe(const std::string& filter, int qos) {
    auto answer = std::make_shared<std::promise<std::string>>();
    auto future = answer->get_future();
    broker_->subscribe(filter, qos, [answer](Granted granted) {
        answer->set_value(granted.granted ? "granted " + std::to_string(granted.qos) : "refused: " + granted.reason);
    });
    return future.wait_for(10s) == std::future_status::ready ? future.get() : "no answer";
}

std::string Adapter::publish(const std::string& topic, const std::string& payload, int qos, bool retain) {
    Publication publication;
    publication.address = topic;
    publication.payload = payload;
    publication.qos = qos;
    publication.retain = retain;
    publication.content_type = "text/plain";
    publication.properties = {{"id", "1"}, {"nick", "romeo"}};
    auto answer = std::make_shared<std::promise<std::string>>();
    auto future = answer->get_future();
    broker_->publish(std::move(publication),
                     [answer](Settlement settlement) { answer->set_value(to_text(settlement)); });
    return future.wait_for(10s) == std::future_status::ready ? future.get() : "no answer";
}

int Adapter::publish_many(const std::string& topic, int lines, int qos) {
    std::mutex mutex;
    std::condition_variable settled;
    int open = 0, accepted = 0;
    const auto window = static_cast<int>(facts().window);
    for (int line = 0; line < lines; ++line) {
        std::unique_lock lock(mutex);
        settled.wait(lock, [&] { return open < window; });
        ++open;
        lock.unlock();
        Publication publication;
        publication.address = topic;
        publication.payload = std::to_string(line) + " " + std::string(300, 'x');
        publication.qos = qos;
        broker_->publish(std::move(publication), [&](Settlement settlement) {
            const std::lock_guard held(mutex);
            --open;
            accepted += settlement.outcome == Settlement::Outcome::accepted ? 1 : 0;
            settled.notify_one();
        });
    }
    std::unique_lock lock(mutex);
    settled.wait_for(lock, 30s, [&] { return open == 0; });
    return accepted;
}

BrokerFacts Adapter::facts() {
    const std::lock_guard lock(mutex_);
    return facts_;
}

std::vector<BrokerDown> Adapter::downs() {
    const std::lock_guard lock(mutex_);
    return downs_;
}

std::vector<Delivery> Adapter::deliveries() {
    const std::lock_guard lock(mutex_);
    return deliveries_;
}

std::string Adapter::read_retained(const std::string& url, const std::string& topic) {
    auto payload = std::make_shared<std::promise<std::string>>();
    auto future = payload->get_future();
    auto taken = std::make_shared<std::atomic<bool>>(false);
    Adapter reader(url, nullptr, "reader", [payload, taken](Delivery delivery) {
        if (!taken->exchange(true))
            payload->set_value(delivery.payload);
    });
    if (reader.connect() != "up")
        return {};
    reader.subscribe(topic);
    return future.wait_for(1s) == std::future_status::ready ? future.get() : "";
}
