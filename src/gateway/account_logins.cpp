#include "gateway/account_logins.hpp"

#include <spdlog/spdlog.h>

#include "core/saslprep.hpp"

namespace mucbridge {

void AccountLogins::authenticate(std::string name, std::string password, std::function<void(LoginAnswer)> answer) {
    const bool is_taken = workers_.post([this, name = std::move(name), password = std::move(password),
                                         answer](const std::stop_token&) { answer(judge(name, password)); });
    if (!is_taken)
        answer(LoginAnswer::unavailable);
}

void AccountLogins::find_verifier(std::string name, ScramHash hash,
                                  std::function<void(std::optional<ScramVerifier>)> answer) {
    const bool is_taken = workers_.post([this, name = std::move(name), hash, answer](const std::stop_token&) {
        auto found = find(name, hash);
        answer(found ? std::optional(std::move(found->verifier)) : std::nullopt);
    });
    if (!is_taken)
        answer(std::nullopt);
}

/// An unknown name costs what a known one costs.
LoginAnswer AccountLogins::judge(const std::string& name, const std::string& password) {
    const auto found = find(name, ScramHash::sha256);
    if (!found)
        return LoginAnswer::unavailable;
    const auto prepared = saslprep(password);
    const auto& kept = found->verifier;
    const auto claimed =
        make_scram_verifier(ScramHash::sha256, prepared ? *prepared : password, kept.salt, kept.iterations);
    const bool fits = is_equal_secret(claimed.stored_key, kept.stored_key);
    return fits && found->is_known && prepared ? LoginAnswer::right : LoginAnswer::wrong;
}

std::optional<Accounts::Found> AccountLogins::find(const std::string& name, ScramHash hash) {
    auto found = accounts_.find(name, hash);
    if (found) {
        if (!told_.empty())
            spdlog::info("logins: the accounts can be read again");
        told_.clear();
        return std::move(*found);
    }
    if (const std::string why = found.error().text; why != told_) {
        spdlog::error("logins: nobody can log in: {}", why);
        told_ = why;
    }
    return std::nullopt;
}

}  // namespace mucbridge
