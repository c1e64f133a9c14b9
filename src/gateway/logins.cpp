#include "gateway/logins.hpp"

#include <spdlog/spdlog.h>

#include "core/utf8.hpp"
#include "gateway/account_logins.hpp"
#include "gateway/broker_logins.hpp"
#include "store/accounts.hpp"

namespace mucbridge {

Logins::Logins(Parts parts) : parts_(std::move(parts)) {
    if (parts_.accounts)
        accounts_ = std::make_unique<AccountLogins>(std::move(*parts_.accounts));
    if (parts_.login == Login::broker)
        broker_ = std::make_unique<BrokerLogins>(parts_.broker);
}

Logins::~Logins() = default;

/// The answer comes from a worker's thread, and goes to the loop.
template <class Answer>
auto Logins::on_loop(unsigned here, std::function<void(Answer)> answer) const {
    return [this, here, answer = std::move(answer)](Answer given) {
        parts_.post(here, [answer, given = std::move(given)] { answer(given); });
    };
}

void Logins::authenticate(unsigned here, std::string name, std::string password,
                          std::function<void(LoginAnswer)> answer) {
    switch (parts_.login) {
        case Login::open:
            return answer(LoginAnswer::right);
        case Login::accounts:
            return accounts_->authenticate(std::move(name), std::move(password), on_loop(here, std::move(answer)));
        case Login::broker:
            return broker_->authenticate(std::move(name), std::move(password), on_loop(here, std::move(answer)));
        case Login::anonymous:
            return answer(LoginAnswer::wrong);
    }
}

void Logins::find_verifier(unsigned here, std::string name, ScramHash hash,
                           std::function<void(std::optional<ScramVerifier>)> answer) {
    if (!accounts_)
        return answer(std::nullopt);
    accounts_->find_verifier(std::move(name), hash, on_loop(here, std::move(answer)));
}

void Logins::delay_refusal(unsigned here, const std::string& peer, const std::string& name,
                           std::function<void(bool)> answer) {
    ++refused_;
    const Tick now = parts_.clock().tick;
    Tick when = now;
    {
        const std::lock_guard lock(mutex_);
        when += throttle_.on_failure(PeerNet::parse(peer), name, now);
        if (const auto count = told_.count(now))
            spdlog::warn("logins refused: {}, the last one of {} from {}", *count, to_log_text(cut_utf8(name, 100)),
                         peer);
    }
    // A session has one at most, and those that are not logged in are bounded (limits/unauthenticated).
    parts_.at(here, when, [answer = std::move(answer)] { answer(true); });
}

}  // namespace mucbridge
