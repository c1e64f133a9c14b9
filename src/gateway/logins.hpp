#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/config.hpp"
#include "core/login.hpp"
#include "core/scram.hpp"
#include "gateway/login_throttle.hpp"
#include "gateway/seldom.hpp"

namespace mucbridge {

class Accounts;
class AccountLogins;
class BrokerLogins;

/// Who judges a login: nobody (login open), the accounts, or the broker. One for all loops. What takes time happens on
/// threads of its own; answers come on the loop that asked.
class Logins {
public:
    struct Parts {
        Login login = Login::open;
        std::unique_ptr<Accounts> accounts;  // with login accounts
        BrokerConfig broker;                 // with login broker: the one that is asked
        /// Runs the task on that loop, at once or at that time.
        std::function<void(unsigned loop, std::function<void()>)> post;
        std::function<void(unsigned loop, Tick, std::function<void()>)> at;
        std::function<Now()> clock = read_clocks;
    };

    explicit Logins(Parts parts);
    ~Logins();
    Logins(const Logins&) = delete;
    Logins& operator=(const Logins&) = delete;

    // From any loop, which says which one it is.
    void authenticate(unsigned here, std::string name, std::string password, std::function<void(LoginAnswer)> answer);
    void find_verifier(unsigned here, std::string name, ScramHash hash,
                       std::function<void(std::optional<ScramVerifier>)> answer);
    /// Called back when a refusal may go out.
    void delay_refusal(unsigned here, const std::string& peer, const std::string& name,
                       std::function<void(bool)> answer);

    std::uint64_t refused() const { return refused_; }

private:
    template <class Answer>
    auto on_loop(unsigned here, std::function<void(Answer)> answer) const;

    Parts parts_;
    std::mutex mutex_;  // guards the two below
    LoginThrottle throttle_;
    Seldom told_;
    std::atomic<std::uint64_t> refused_ = 0;
    // Last: their threads use what is above.
    std::unique_ptr<AccountLogins> accounts_;
    std::unique_ptr<BrokerLogins> broker_;
};

}  // namespace mucbridge
