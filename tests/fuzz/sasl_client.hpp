// A client that knows romeo's password, and a second reading of RFC 5802: what a server may let in.
#pragma once

#include <string>
#include <string_view>

#include "core/scram.hpp"
#include "xmpp/channel.hpp"

namespace mucbridge::fuzz {

inline constexpr std::string_view account = "romeo", password = "pencil";

/// What is kept of romeo's password. One round, so that a fuzzer is not busy with PBKDF2.
ScramVerifier verifier_of(std::string_view username, ScramHash hash);

/// One exchange as its messages went over the wire.
struct ScramTalk {
    std::string mechanism, first, server_first;

    ScramHash hash() const;
    /// The message with what only romeo's client knows filled in: {nonce} both nonces, {bound} what c= has to say,
    /// {proof} the proof of all that stands before it.
    std::string fill_in(std::string message, const Channel& channel) const;
    /// Does this last message show that it is romeo, on this very channel, in this very exchange?
    bool proves(std::string_view final, const Channel& channel) const;
    /// As plain as can be: nothing in it that a server may be of two minds about.
    bool is_plain() const;

private:
    std::string header() const;
    std::string bare() const;
    std::string nonce() const;
    std::string bound(const Channel& channel) const;
    std::string proof_of(std::string_view without_proof) const;
    bool has_right_flag(const Channel& channel) const;
};

/// RFC 6120 §6.5.
bool is_sasl_condition(std::string_view name);

}  // namespace mucbridge::fuzz
