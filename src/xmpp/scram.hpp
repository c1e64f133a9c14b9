#pragma once

#include <map>
#include <string>
#include <string_view>

#include "xmpp/sasl.hpp"

namespace mucbridge {

/// SCRAM-SHA-1 and -SHA-256, each with -PLUS. RFC 5802, RFC 7677; channel bindings of RFC 9266 and RFC 5929; XEP-0474.
class SaslScram final : public SaslMechanism {
public:
    /// `mechanism` is one of the four. `nonce`: our half of it; empty: a new one.
    SaslScram(std::string_view mechanism, const LoginOffer& offer, std::string nonce = {});

    SaslStep step(const std::string& response) override;
    SaslStep on_verifier(ScramVerifier verifier) override;

private:
    enum class Awaits { first, verifier, final, nothing };

    SaslStep on_first(std::string_view message);
    SaslStep on_final(std::string_view message);
    /// Of a gs2 header, "p=tls-exporter,a=romeo@localhost,": the failure, if it is none that fits us.
    std::optional<SaslFailure> take_header(std::string_view flag, std::string_view authzid);
    bool is_proven(std::string_view proof, const std::string& signed_text) const;

    const ScramHash hash_;
    const bool is_plus_;
    const std::string domain_;
    std::map<std::string, std::string, std::less<>> bindings_;  // what is on offer: name to bytes
    std::string offer_hash_;                                    // XEP-0474 §6.1, in base64
    std::string nonce_;                                         // ours, then both

    Awaits awaits_ = Awaits::first;
    std::string username_, authzid_;
    std::string first_bare_, server_first_;  // as they were sent
    std::string bound_;                      // what "c=" has to say, as bytes
    ScramVerifier verifier_;
};

}  // namespace mucbridge
