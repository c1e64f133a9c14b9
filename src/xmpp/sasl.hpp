#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/config.hpp"

namespace mucbridge {

/// The mechanisms that a stream without TLS offers, the best first. Passwords that matter are not asked for in the
/// clear (RFC 6120 §13.8.3): with accounts or a broker's users there are none.
std::vector<std::string_view> offered_mechanisms(Login login);

/// A localpart that ANONYMOUS gives out: "anon-5f0c...". PLAIN refuses every name that begins like it, so that nobody
/// becomes another's anonymous self.
std::string make_anonymous_name();

/// More is wanted of the peer: its <response/> to this challenge.
struct SaslChallenge {
    std::string data;
};
/// It depends on the password: somebody who knows has to be asked.
struct SaslVerify {
    std::string username, password;
};
/// The handshake is over, and this is who it is.
struct SaslSuccess {
    std::string username;
    bool anonymous = false;
};
/// By the names of RFC 6120 §6.5.
struct SaslFailure {
    std::string condition, text;
};
using SaslStep = std::variant<SaslChallenge, SaslVerify, SaslSuccess, SaslFailure>;

/// RFC 4616: one message, "authzid NUL authcid NUL password".
class SaslPlain {
public:
    explicit SaslPlain(std::string domain) : domain_(std::move(domain)) {}
    SaslStep start(const std::optional<std::string>& initial) const;
    SaslStep step(const std::string& response) const;

private:
    std::string domain_;
};

/// RFC 4505. The trace data is for an operator's eyes at best, and nobody vouches for it: it is not kept.
class SaslAnonymous {
public:
    static SaslStep start(const std::optional<std::string>& initial);
    static SaslStep step(const std::string& response);
};

/// One handshake, of whichever mechanism: `start` with the initial response, then `step` with every response for as
/// long as the answer is a challenge. Bytes in and out, base64 is the stream's.
class SaslHandshake {
public:
    /// Nothing where the mechanism is not among those offered (names are upper case, RFC 4422 §3.1).
    static std::optional<SaslHandshake> begin(std::string_view mechanism, Login login, const std::string& domain);
    SaslStep start(const std::optional<std::string>& initial);
    SaslStep step(const std::string& response);

private:
    using Mechanism = std::variant<SaslPlain, SaslAnonymous>;
    explicit SaslHandshake(Mechanism mechanism) : mechanism_(std::move(mechanism)) {}
    Mechanism mechanism_;
};

}  // namespace mucbridge
