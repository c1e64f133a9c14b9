// One mechanism by itself: each line of the input is what a client says.
#include "fuzz/sasl_exchange.hpp"

#include <array>

#include "core/jid.hpp"
#include "core/utf8.hpp"
#include "fuzz/check.hpp"
#include "fuzz/sasl_client.hpp"
#include "xmpp/base64.hpp"
#include "xmpp/scram.hpp"

namespace mucbridge::fuzz {

namespace {

constexpr std::array mechanisms{"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS",
                                "PLAIN",         "EXTERNAL",           "ANONYMOUS"};

bool may_be_name(const std::string& name) {
    const auto prepared = Jid::prepare_local(name);
    return prepared && *prepared == name && !name.starts_with("anon-");
}

class Exchange {
public:
    Exchange(std::string mechanism, const LoginOffer& offer) : offer_(offer), talk_{std::move(mechanism), {}, {}} {
        auto begun = begin_sasl(talk_.mechanism, offer);
        if (const auto* refused = std::get_if<SaslFailure>(&begun))
            check(is_sasl_condition(refused->condition), "a refusal has a name of RFC 6120's", refused->condition);
        else if (talk_.mechanism.starts_with("SCRAM-"))  // by a nonce that is the same at each run
            side_ = std::make_unique<SaslScram>(talk_.mechanism, offer, "3rfcNHYJY1ZVvWVs7j");
        else
            side_ = std::move(std::get<std::unique_ptr<SaslMechanism>>(begun));
    }

    bool is_over() const { return is_over_ || !side_; }

    void say(std::string_view line) {
        const std::string message = talk_.fill_in(std::string(line), offer_.channel);
        SaslStep step = has_begun_ ? side_->step(message) : side_->start(message);
        if (!has_begun_)
            talk_.first = message;
        has_begun_ = true;
        if (const auto* lookup = std::get_if<SaslLookup>(&step)) {
            check(may_be_name(lookup->username) && lookup->hash == talk_.hash(), "who is looked up has a name");
            name_ = lookup->username;
            step = side_->on_verifier(verifier_of(lookup->username, lookup->hash));
        }
        judge(step, message);
    }

private:
    void judge(const SaslStep& step, const std::string& message) {
        const bool is_scram = talk_.mechanism.starts_with("SCRAM-");
        if (const auto* challenge = std::get_if<SaslChallenge>(&step)) {
            check(is_scram && challenge->data.starts_with("r=") && is_xml_text(challenge->data), "a challenge is text");
            talk_.server_first = challenge->data;
            return;
        }
        is_over_ = true;
        check(!std::holds_alternative<SaslLookup>(step), "a name is looked up once");
        if (const auto* claim = std::get_if<SaslVerify>(&step))
            return check(talk_.mechanism == "PLAIN" && may_be_name(claim->username), "a claim has a name");
        const bool is_proven = is_scram && name_ == account && talk_.proves(message, offer_.channel);
        if (const auto* success = std::get_if<SaslSuccess>(&step)) {
            judge_success(*success, is_proven);
        } else {
            const auto& failure = std::get<SaslFailure>(step);
            check(is_sasl_condition(failure.condition), "a refusal has a name of RFC 6120's", failure.condition);
            check(is_xml_text(failure.text), "a refusal can be sent", failure.text);
            check(failure.claimed.empty() || failure.claimed == name_, "who was claimed had been looked up");
            const bool is_plain = talk_.is_plain() && std::ranges::count(message, ',') == 2;
            check(!is_proven || !is_plain, "who proves it is let in", message);
        }
        if (is_scram)
            check(std::holds_alternative<SaslFailure>(side_->step(message)), "what is over stays over");
    }

    void judge_success(const SaslSuccess& success, bool is_proven) const {
        if (talk_.mechanism == "ANONYMOUS")
            return check(success.anonymous && success.username.starts_with("anon-"), "the anonymous have such names");
        check(!success.anonymous, "only the anonymous are");
        if (talk_.mechanism == "EXTERNAL")
            return check(success.username == account, "a certificate says who it is", success.username);
        check(is_proven && success.username == account, "nobody comes in without a proof");
        check(success.data.starts_with("v="), "the server shows that it knows the password, too");
    }

    const LoginOffer& offer_;
    ScramTalk talk_;
    std::unique_ptr<SaslMechanism> side_;
    std::string name_;
    bool has_begun_ = false, is_over_ = false;
};

}  // namespace

void play_exchange(Input& input, const LoginOffer& offer) {
    Exchange exchange(mechanisms[input.choose(mechanisms.size() - 1)], offer);
    while (!input.rest().empty() && !exchange.is_over())
        exchange.say(input.take_line());
}

}  // namespace mucbridge::fuzz
