#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>

#include "broker/mqtt_broker.hpp"
#include "broker/status.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto farewell = 300ms;
/// After a close without a word: time for a broker to have started, or to be gone.
constexpr auto second_thought = 250ms;

}  // namespace

void MqttBroker::guarded(const std::function<void()>& call) {
    try {
        call();
    } catch (const std::exception& error) {
        spdlog::error("a broker callback threw: {}", error.what());
    }
}

void MqttBroker::post(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    changed_.notify_all();
}

void MqttBroker::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stop_ || !tasks_.empty(); });
        if (stop_)
            break;
        const auto task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        guarded(task);
        lock.lock();
    }
    lock.unlock();
    say_farewell();
}

std::vector<int> MqttBroker::versions_to_try() const {
    if (target_.config.protocol == "mqtt-5")
        return {5};
    if (target_.config.protocol == "mqtt-3.1.1" || only_3_1_1_)
        return {4};
    return {5, 4};
}

void MqttBroker::attempt(bool is_fresh) {
    if (connection_)
        return;
    if (before_connect_) {
        if (const auto ready = before_connect_(); !ready)
            return events_.on_down({ready.error().text, false});
    }
    ConnectFailure failure;
    for (const int version : versions_to_try()) {
        auto failed = try_with_patience(version, {is_fresh, is_session_kept_});
        if (!failed) {
            only_3_1_1_ = version != 5;
            has_spoken_5_ = has_spoken_5_ || version == 5;
            return;
        }
        failure = std::move(*failed);
        if (!failure.is_version && (!failure.is_silent || has_spoken_5_))
            break;
        only_3_1_1_ = false;
    }
    if (!stop_)
        events_.on_down({std::move(failure.reason), false, failure.is_login});
}

/// MQTT 3.1.1 would take ids, origins and seals from the lines: one close without a word is not enough for that.
std::optional<ConnectFailure> MqttBroker::try_with_patience(int version, SessionWish wish) {
    auto failed = try_version(version, wish);
    if (failed && failed->is_silent && version == 5 && !stop_) {
        std::this_thread::sleep_for(second_thought);
        failed = try_version(version, wish);
    }
    if (failed && failed->is_session) {
        end_session(version);
        failed = try_version(version, wish);
    }
    return failed;
}

std::optional<ConnectFailure> MqttBroker::try_version(int version, SessionWish wish) {
    attempted_ = std::make_unique<MqttConnection>(target_, version, make_heard(++connection_number_));
    auto failed = attempted_->connect(wish, stop_);
    if (!failed)
        return std::nullopt;
    if (failed->is_session)
        attempted_->disconnect(farewell, false);
    attempted_.reset();
    return failed;
}

/// MQTT 5 ended it by the goodbye; MQTT 3.1.1 knows no other way than a connection that is not to be kept.
void MqttBroker::end_session(int version) {
    if (version == 5)
        return;
    MqttConnection last(target_, version,
                        {[](const BrokerFacts&) {}, [](const Delivery&) {}, [](const BrokerDown&) {}});
    if (!last.connect({false, false}, stop_))
        last.disconnect(farewell, false);
}

MqttConnection::Heard MqttBroker::make_heard(Number number) {
    return {
        [this](BrokerFacts facts) { come_up(std::move(facts)); },
        [this](Delivery delivery) { guarded([&] { events_.on_delivery(std::move(delivery)); }); },
        [this, number](BrokerDown down) { post([this, number, down = std::move(down)] { go_down(number, down); }); }};
}

/// On Paho's thread: before what the broker kept for us is delivered there.
void MqttBroker::come_up(BrokerFacts facts) {
    {
        const std::lock_guard lock(mutex_);
        has_old_ids_ = has_old_ids_ && facts.has_session;
        // A line under such an id would be taken for the older one at QoS 2, and lost [MQTT-4.3.3-10].
        if (has_old_ids_)
            facts.maximum_qos = std::min(facts.maximum_qos, 1);
        facts_ = facts;
        connection_ = std::move(attempted_);
    }
    guarded([&] { events_.on_up(std::move(facts)); });
}

void MqttBroker::go_down(Number number, const BrokerDown& down) {
    if (number == connection_number_ && connection_)
        end([&] { events_.on_down(down); }, down.reason);
}

void MqttBroker::make_sure_of_end(Number unanswered) {
    std::unique_lock lock(mutex_);
    // Paho tells of the loss right after the failure, if it does; on_lost() then posts what it knows of the reason.
    changed_.wait_for(lock, 500ms, [&] { return stop_ || !waiting_.contains(unanswered) || connection_->has_ended(); });
    const bool is_open = !stop_ && waiting_.contains(unanswered) && !connection_->has_ended();
    lock.unlock();
    if (is_open)
        go_down(connection_number_, {to_string(target_.url) + ": the client library gave up", false});
}

void MqttBroker::end(const std::function<void()>& tell, const std::string& reason) {
    std::unique_lock lock(mutex_);
    auto connection = std::move(connection_);
    changed_.wait(lock, [this] { return users_ == 0; });
    auto unsettled = std::move(waiting_);
    waiting_.clear();
    for (const auto& [number, waiting] : unsettled)
        has_old_ids_ = has_old_ids_ || (waiting.settled && waiting.qos == 2);
    lock.unlock();
    if (tell)
        guarded(tell);
    // In the order in which they were published.
    std::map<Number, Waiting> ordered;
    for (auto& [number, waiting] : unsettled)
        ordered.emplace(number, std::move(waiting));
    for (auto& [number, waiting] : ordered)
        answer(std::move(waiting), {Settlement::Outcome::released, reason});
}

bool MqttBroker::is_window_full() {
    const std::lock_guard lock(mutex_);
    return waiting_.size() >= facts_.window;
}

void MqttBroker::say_farewell() {
    if (const Use use(*this); use) {
        if (!target_.will.address.empty()) {
            auto status = make_status(target_.will.address, origin_, "offline");
            // A full window has no place for one more at QoS 1: the broker would close the connection.
            status.qos = is_window_full() ? 0 : std::min(1, facts_.maximum_qos);
            status.retain = facts_.retain_available;
            const auto number = remember({});
            if (auto why = use->publish(std::move(status), to_context(number), *this); !why.empty())
                give_up(number, why, true);
        }
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, farewell, [this] { return waiting_.empty(); });
        lock.unlock();
        use->disconnect(farewell, is_session_kept_);
    }
    end(nullptr, "the connection was closed first");
}

}  // namespace mucbridge
