#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/login.hpp"
#include "core/scram.hpp"
#include "gateway/workers.hpp"
#include "store/accounts.hpp"

namespace mucbridge {

/// Logins that the accounts judge, on a thread that alone has their database. Answers come on that thread, or at once
/// where too much waits.
class AccountLogins {
public:
    explicit AccountLogins(Accounts accounts) : accounts_(std::move(accounts)) {}

    void authenticate(std::string name, std::string password, std::function<void(LoginAnswer)> answer);
    /// Nothing: the database cannot be asked.
    void find_verifier(std::string name, ScramHash hash, std::function<void(std::optional<ScramVerifier>)> answer);

private:
    /// A wrong password takes some milliseconds, so that the last of them is judged within two seconds or so.
    static constexpr std::size_t most_waiting = 256;

    LoginAnswer judge(const std::string& name, const std::string& password);
    std::optional<Accounts::Found> find(const std::string& name, ScramHash hash);

    Accounts accounts_;
    std::string told_;  // the database's latest trouble, told once; "" when it is over
    Workers workers_{1, most_waiting};
};

}  // namespace mucbridge
