#include "broker/mqtt_broker.hpp"

#include <algorithm>

#include "broker/mqtt_wire.hpp"
#include "broker/reason.hpp"
#include "broker/status.hpp"

namespace mucbridge {
namespace {

using Outcome = Settlement::Outcome;

constexpr int packet_id_in_use = 0x91;
constexpr int most_tries = 200;                    // twice the window: so many ids may be in use
constexpr std::size_t longest_packet = 268435455;  // MQTT 5 §2.1.4

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
    try {
        const auto codes = token.get_subscribe_response().get_reason_codes();
        return codes.empty() ? wanted : int{codes.front()};
    } catch (const std::exception&) {
        return wanted;
    }
}

}  // namespace

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

void MqttBroker::connect(bool is_fresh) {
    post([this, is_fresh] { attempt(is_fresh); });
}

void MqttBroker::keep_session(bool is_kept) { is_session_kept_ = is_kept; }

void MqttBroker::publish(Publication publication, std::function<void(Settlement)> settled) {
    Waiting waiting{std::move(settled), nullptr, publication.qos};
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

void MqttBroker::subscribe(std::string filter, SubscriptionWish wish, std::function<void(Granted)> answered) {
    Waiting waiting{nullptr, std::move(answered)};
    const Use use(*this);
    if (!use)
        return answer(std::move(waiting), {Outcome::released, "not connected"});
    if (auto why = why_malformed_filter(filter); !why.empty())
        return answer(std::move(waiting), {Outcome::rejected, std::move(why)});
    // At QoS 2 an MQTT 3.1.1 delivery is acknowledged before its callback returns, and lost if we die in it.
    waiting.qos = std::min(wish.qos, use->is_mqtt5() ? 2 : 1);
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

void* MqttBroker::to_context(Number number) {
    // Never followed: Paho hands it back.
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(number));  // NOLINT(performance-no-int-to-ptr)
}

bool MqttBroker::take(Number number, Waiting& waiting) {
    const std::lock_guard lock(mutex_);
    auto node = waiting_.extract(number);
    if (node.empty())
        return false;
    waiting = std::move(node.mapped());
    if (stop_)
        changed_.notify_all();  // the farewell waits for the last
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

/// The broker has that packet id from an earlier connection of the session, and knows nothing of this publication. Paho
/// gives it another one.
bool MqttBroker::publish_again(const mqtt::token& token) {
    const auto number = to_number(token);
    const auto* publication = dynamic_cast<const mqtt::delivery_token*>(&token);
    const Use use(*this);
    if (!use || publication == nullptr)
        return false;
    {
        const std::lock_guard lock(mutex_);
        const auto found = waiting_.find(number);
        if (found == waiting_.end() || ++found->second.tries > most_tries)
            return false;
    }
    return use->publish(publication->get_message(), to_context(number), *this).empty();
}

void MqttBroker::on_failure(const mqtt::token& token) {
    const int code = refusal_code(token);
    if (code == packet_id_in_use && publish_again(token))
        return;
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

}  // namespace mucbridge
