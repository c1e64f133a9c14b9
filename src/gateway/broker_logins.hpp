#pragma once

#include <functional>
#include <mutex>
#include <stop_token>
#include <string>

#include "core/config.hpp"
#include "core/login.hpp"
#include "gateway/seldom.hpp"
#include "gateway/workers.hpp"

namespace mucbridge {

/// The broker that is asked: main, or the first rule's. Null where there is none.
const BrokerConfig* find_login_broker(const Config& config);

/// Logins that the broker judges: whoever may connect to it with this name and password may log in here. A connection
/// is opened for each and closed again; so many at once, the others wait. Answers come on threads of its own, or at
/// once where too many wait.
class BrokerLogins {
public:
    explicit BrokerLogins(const BrokerConfig& broker);

    void authenticate(std::string name, std::string password, std::function<void(LoginAnswer)> answer);

private:
    /// Paho takes two seconds for a connection while another one is quiet: so many, that the last of those who wait
    /// is let in within five, and a thousand wrong passwords a minute are in nobody's way.
    static constexpr std::size_t most_at_once = 64, most_waiting = 96;

    void ask(const std::string& name, const std::string& password, const std::function<void(LoginAnswer)>& answer,
             const std::stop_token& stop);
    void tell_trouble(const std::string& why);

    BrokerConfig broker_;
    std::mutex mutex_;
    Seldom told_;  // guarded by mutex_
    Workers workers_{most_at_once, most_waiting};
};

}  // namespace mucbridge
