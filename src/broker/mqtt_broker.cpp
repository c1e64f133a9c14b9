#include "broker/mqtt_broker.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>

#include "broker/mqtt_wire.hpp"
#include "broker/reason.hpp"
#include "broker/status.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono_literals;
using Outcome = Settlement::Outcome;

constexpr auto farewell = 300ms;
constexpr std::size_t longest_packet = 268435455;  // MQTT 5 §2.1.4

void* to_context(std::uint64_t number) {
    // Never followed: Paho hands it back.
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(number));  // NOLINT(performance-no-int-to-ptr)
}

std::uint64_t to_number(const mqtt::token& token) {
    return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(token.get_user_context()));
}

/// 0x80 and above of MQTT 5, 0x80 of an MQTT 3.1.1 SUBACK; 0 where the operation failed without an answer.
int refusal_code(const mqtt::token& token) {
    const int reason = token.get_reason_code();
    if (reason >= 0x80 && reason != mqtt::ReasonCode::MQTTPP_V3_CODE)
        return reason;
    return token.get_return_code() == 0x80 ? 0x80 : 0;
}

int granted_qos(const mqtt::token& token, bool mqtt5, int wanted) {
    if (mqtt5)
        return token.get_reason_code();
    const auto codes = token.get_subscribe_response().get_reason_codes();
    return codes.empty() ? wanted : int{codes.front()};
}

/// Runs another's callback: what it throws must not unwind into Paho's C.
template <class F>
void guarded(const F& call) {
    try {
        call();
    } catch (const std::exception& error) {
        spdlog::error("a broker callback threw: {}", error.what());
    }
}

}  // namespace

class MqttBroker::Use {
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

MqttBroker::MqttBroker(MqttTarget target, std::string origin, BrokerEvents events, BeforeConnect before_connect)
    : target_(std::move(target)),
      origin_(std::move(origin)),
      events_(std::move(events)),
      before_connect_(std::move(before_connect)),
      thread_([this] { run(); }) {}

MqttBroker::~MqttBroker() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void MqttBroker::connect() {
    post([this] { attempt(); });
}

void MqttBroker::publish(Publication publication, std::function<void(Settlement)> settled) {
    Waiting waiting{std::move(settled), nullptr};
    const Use use(*this);
    if (!use)
        return answer(std::move(waiting), {Outcome::released, "not connected"});
    if (auto why = why_refused(publication); !why.empty())
        return answer(std::move(waiting), {Outcome::rejected, std::move(why)});
    publication.qos = std::min(publication.qos, facts_.maximum_qos);
    publication.retain = publication.retain && facts_.retain_available;
    const auto number = remember(std::move(waiting));
    if (auto why = use->publish(std::move(publication), to_context(number), *this); !why.empty())
        give_up(number, why, use->is_connected());
}

void MqttBroker::subscribe(std::string filter, int qos, std::function<void(Granted)> answered) {
    Waiting waiting{nullptr, std::move(answered)};
    const Use use(*this);
    if (!use)
        return answer(std::move(waiting), {Outcome::released, "not connected"});
    if (auto why = why_malformed_filter(filter); !why.empty())
        return answer(std::move(waiting), {Outcome::rejected, std::move(why)});
    // At QoS 2 an MQTT 3.1.1 delivery is acknowledged before its callback returns, and lost if we die in it.
    waiting.qos = std::min(qos, use->is_mqtt5() ? 2 : 1);
    const auto wanted = waiting.qos;
    const auto number = remember(std::move(waiting));
    if (auto why = use->subscribe(filter, wanted, to_context(number), *this); !why.empty())
        give_up(number, why, use->is_connected());
}

void MqttBroker::unsubscribe(std::string filter) {
    if (const Use use(*this); use)
        use->unsubscribe(filter);
}

void MqttBroker::announce(const std::string& state) {
    if (!target_.will.address.empty())
        publish(make_status(target_.will.address, origin_, state), nullptr);
}

std::string MqttBroker::why_refused(const Publication& publication) const {
    if (auto why = why_malformed(publication); !why.empty())
        return why;
    const auto size = packet_size(publication, facts_.carries_properties);
    if (size > longest_packet)
        return "it would be a packet of " + std::to_string(size) + " bytes, and MQTT ends at 268435455";
    if (facts_.maximum_packet_size > 0 && size > facts_.maximum_packet_size)
        return "the broker's maximum packet size is " + std::to_string(facts_.maximum_packet_size) +
               " bytes, and this would be one of " + std::to_string(size);
    return {};
}

MqttBroker::Number MqttBroker::remember(Waiting waiting) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(next_number_, std::move(waiting));
    return next_number_++;
}

bool MqttBroker::take(Number number, Waiting& waiting) {
    const std::lock_guard lock(mutex_);
    auto node = waiting_.extract(number);
    if (node.empty())
        return false;
    waiting = std::move(node.mapped());
    return true;
}

void MqttBroker::give_up(Number number, const std::string& why, bool connected) {
    // Without a connection it is released with the others, after on_down.
    if (!connected)
        return post([this, number] { make_sure_of_end(number); });
    if (Waiting waiting; take(number, waiting))
        answer(std::move(waiting), {Outcome::released, why});
}

void MqttBroker::answer(Waiting waiting, Settlement settlement) {
    guarded([&] {
        if (waiting.settled)
            waiting.settled(std::move(settlement));
        else if (waiting.answered && settlement.outcome == Outcome::accepted)
            waiting.answered({true, waiting.qos, {}});
        else if (waiting.answered)
            waiting.answered({false, 0, std::move(settlement.reason)});
    });
}

void MqttBroker::on_success(const mqtt::token& token) {
    Waiting waiting;
    if (!take(to_number(token), waiting))
        return;
    if (const Use use(*this); use) {
        use->touch();
        if (waiting.answered)
            waiting.qos = granted_qos(token, use->is_mqtt5(), waiting.qos);
    }
    answer(std::move(waiting), {Outcome::accepted});
}

void MqttBroker::on_failure(const mqtt::token& token) {
    const int code = refusal_code(token);
    // Without an answer the connection is going: go_down() will release this with the others, after on_down.
    if (code == 0)
        return post([this, number = to_number(token)] { make_sure_of_end(number); });
    Waiting waiting;
    if (!take(to_number(token), waiting))
        return;
    if (const Use use(*this); use)
        use->touch();
    const bool silent = waiting.answered && code == 0x80;
    answer(std::move(waiting), {Outcome::rejected, silent ? "refused" : reason_words(code)});
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

void MqttBroker::attempt() {
    if (connection_)
        return;
    if (before_connect_) {
        if (const auto ready = before_connect_(); !ready)
            return events_.on_down({ready.error().text, false});
    }
    ConnectFailure failure;
    for (const int version : versions_to_try()) {
        const auto number = ++connection_number_;
        auto connection = std::make_unique<MqttConnection>(target_, version, make_heard(number));
        auto outcome = connection->connect(stop_);
        if (auto* facts = std::get_if<BrokerFacts>(&outcome)) {
            only_3_1_1_ = version != 5;
            return come_up(std::move(connection), std::move(*facts));
        }
        failure = std::move(std::get<ConnectFailure>(outcome));
        if (!failure.is_version)
            break;
        only_3_1_1_ = false;
    }
    if (!stop_)
        events_.on_down({std::move(failure.reason), false});
}

MqttConnection::Heard MqttBroker::make_heard(Number number) {
    return {
        [this](Delivery delivery) { guarded([&] { events_.on_delivery(std::move(delivery)); }); },
        [this, number](BrokerDown down) { post([this, number, down = std::move(down)] { go_down(number, down); }); }};
}

void MqttBroker::come_up(std::unique_ptr<MqttConnection> connection, BrokerFacts facts) {
    {
        const std::lock_guard lock(mutex_);
        facts_ = facts;
        connection_ = std::move(connection);
    }
    events_.on_up(std::move(facts));
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
    lock.unlock();
    if (tell)
        guarded(tell);
    // In the order in which they were published.
    std::map<Number, Waiting> ordered;
    for (auto& [number, waiting] : unsettled)
        ordered.emplace(number, std::move(waiting));
    for (auto& [number, waiting] : ordered)
        answer(std::move(waiting), {Outcome::released, reason});
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
            use->publish(std::move(status), nullptr, *this);
        }
        use->disconnect(farewell);
    }
    end(nullptr, "the connection was closed first");
}

}  // namespace mucbridge
