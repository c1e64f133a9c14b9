#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/config.hpp"
#include "core/jid.hpp"
#include "core/result.hpp"
#include "core/scram.hpp"
#include "xmpp/channel.hpp"

namespace mucbridge {

/// What decides which mechanisms a stream has.
struct LoginOffer {
    Login login = Login::open;
    std::string domain;
    const Channel& channel;
};

/// The mechanisms of a stream, the best first: none that asks for a password in the clear (RFC 6120 §13.8.3), and none
/// at all before a TLS that is required.
std::vector<std::string_view> offered_mechanisms(const LoginOffer& offer);
/// The channel bindings of mechanisms that have one, the best first (XEP-0440): "tls-exporter". Empty without TLS.
std::vector<std::string_view> offered_bindings(const LoginOffer& offer);

/// A localpart that ANONYMOUS gives out: "anon-5f0c...". Every other mechanism refuses names that begin like it, so
/// that nobody becomes another's anonymous self.
std::string make_anonymous_name();

/// More is wanted of the peer: its <response/> to this challenge.
struct SaslChallenge {
    std::string data;
};
/// It depends on the password: somebody who knows has to be asked.
struct SaslVerify {
    std::string username, password;
};
/// What is kept of this name's password is needed: on_verifier() goes on with it.
struct SaslLookup {
    std::string username;
    ScramHash hash;
};
/// The handshake is over, and this is who it is.
struct SaslSuccess {
    std::string username;
    bool anonymous = false;
    std::string data = {};  // for the peer, with the success
};
/// By the names of RFC 6120 §6.5.
struct SaslFailure {
    std::string condition, text;
    std::string claimed = {};  // the name that was claimed with a wrong proof
};
using SaslStep = std::variant<SaslChallenge, SaslVerify, SaslLookup, SaslSuccess, SaslFailure>;

/// A localpart that somebody may log in under, prepared; no name that ANONYMOUS gives out.
Result<std::string> parse_login_name(std::string_view text);
/// RFC 6120 §6.3.8: an authorization identity is a bare JID; acting for somebody else is nobody's right here.
bool may_act_as(const std::string& authzid, const Jid& self);

/// One mechanism's side of one handshake: `start` with the initial response, then `step` with every response for as
/// long as the answer is a challenge. Bytes in and out, base64 is the stream's.
class SaslMechanism {
public:
    SaslMechanism() = default;
    virtual ~SaslMechanism() = default;
    SaslMechanism(const SaslMechanism&) = delete;
    SaslMechanism& operator=(const SaslMechanism&) = delete;

    /// Where there is no initial response, an empty challenge asks for it (RFC 4422 §5).
    virtual SaslStep start(const std::optional<std::string>& initial) {
        return initial ? step(*initial) : SaslStep(SaslChallenge{});
    }
    virtual SaslStep step(const std::string& response) = 0;
    /// The answer to a SaslLookup.
    virtual SaslStep on_verifier(ScramVerifier) { return SaslFailure{"malformed-request", "nothing was looked up"}; }
};

/// The handshake that this mechanism begins; or why there is none (names are upper case, RFC 4422 §3.1).
std::variant<std::unique_ptr<SaslMechanism>, SaslFailure> begin_sasl(std::string_view mechanism,
                                                                     const LoginOffer& offer);

}  // namespace mucbridge
