#include "gateway/broker_logins.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "broker/broker.hpp"
#include "core/unique.hpp"
#include "core/utf8.hpp"

namespace mucbridge {

namespace {

constexpr std::chrono::seconds longest_wait{5};

/// What the broker's thread tells the one that waits.
class Reply {
public:
    void set(LoginAnswer answer) {
        const std::lock_guard lock(mutex_);
        answer_ = answer;
        changed_.notify_all();
    }
    LoginAnswer wait(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, longest_wait, [this] { return answer_.has_value(); });
        return answer_.value_or(LoginAnswer::unavailable);
    }

private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::optional<LoginAnswer> answer_;
};

}  // namespace

const BrokerConfig* find_login_broker(const Config& config) {
    const std::string wanted = config.rules.empty() ? "" : config.rules.front().broker;
    const BrokerConfig* found = config.brokers.empty() ? nullptr : &config.brokers.front();
    for (const auto& broker : config.brokers) {
        if (broker.name == "main")
            return &broker;
        if (broker.name == wanted)
            found = &broker;
    }
    return found;
}

BrokerLogins::BrokerLogins(const BrokerConfig& broker) : broker_(broker) {
    // Who comes with the gateway's own certificate is the gateway to the broker, whatever name and password he says.
    broker_.certificate.clear();
    broker_.key.clear();
}

void BrokerLogins::authenticate(std::string name, std::string password, std::function<void(LoginAnswer)> answer) {
    // To a broker no password is no name either, and it may let everybody in who has none.
    if (password.empty())
        return answer(LoginAnswer::wrong);
    const bool is_taken = workers_.post([this, name = std::move(name), password = std::move(password),
                                         answer](const std::stop_token& stop) { ask(name, password, answer, stop); });
    if (!is_taken)
        answer(LoginAnswer::unavailable);
}

void BrokerLogins::ask(const std::string& name, const std::string& password,
                       const std::function<void(LoginAnswer)>& answer, const std::stop_token& stop) {
    BrokerConfig as = broker_;
    as.username = name;
    as.password = password;
    as.client_id = "mucbridge-login-" + make_random_hex(8);
    Reply reply;
    BrokerEvents events;
    events.on_up = [&](const BrokerFacts&) { reply.set(LoginAnswer::right); };
    events.on_down = [&](const BrokerDown& down) {
        if (!down.is_login_refused)
            tell_trouble(down.reason);
        reply.set(down.is_login_refused ? LoginAnswer::wrong : LoginAnswer::unavailable);
    };
    events.on_delivery = [](const Delivery&) {};
    const auto connection = open_broker(as, {.origin = as.client_id, .announces = false}, std::move(events));
    if (!connection) {
        tell_trouble(connection.error().text);
        return answer(LoginAnswer::unavailable);
    }
    (*connection)->connect(true);
    // Closing it may take longer than the one who waits has longest_wait for.
    answer(reply.wait(stop));
}

void BrokerLogins::tell_trouble(const std::string& why) {
    const std::lock_guard lock(mutex_);
    if (const auto count = told_.count(std::chrono::steady_clock::now()))
        spdlog::warn("logins that the broker could not judge: {}, the last one: {}", *count, to_log_text(why));
}

}  // namespace mucbridge
