#pragma once

#include <string>
#include <string_view>

#include "core/scram.hpp"
#include "xmpp/base64.hpp"

namespace mucbridge {

inline std::string bytes_of(std::string_view base64) { return *parse_base64(base64); }

/// A client of RFC 5802 §3, written for these tests: the proof of all that stands before it.
inline std::string prove(ScramHash hash, const std::string& password, const std::string& first_bare,
                         const std::string& server_first, const std::string& without_proof) {
    const auto salt_at = server_first.find(",s=") + 3;
    const auto salt = bytes_of(server_first.substr(salt_at, server_first.find(',', salt_at) - salt_at));
    const auto count = static_cast<unsigned>(std::stoul(server_first.substr(server_first.find(",i=") + 3)));
    // The client's key is what the verifier's hash is of: made anew here by its own way.
    std::string u = scram_hmac(hash, password, salt + std::string("\0\0\0\1", 4)), salted = u;
    for (unsigned i = 1; i < count; ++i) {
        u = scram_hmac(hash, password, u);
        for (std::size_t at = 0; at < u.size(); ++at)
            salted[at] = static_cast<char>(salted[at] ^ u[at]);
    }
    const auto key = scram_hmac(hash, salted, "Client Key");
    auto proof = scram_hmac(hash, scram_hash(hash, key), first_bare + "," + server_first + "," + without_proof);
    for (std::size_t at = 0; at < proof.size(); ++at)
        proof[at] = static_cast<char>(proof[at] ^ key[at]);
    return without_proof + ",p=" + to_base64(proof);
}

inline std::string nonce_in(const std::string& server_first) {
    return server_first.substr(2, server_first.find(',') - 2);
}

inline std::string make_final(ScramHash hash, const std::string& password, const std::string& header,
                              const std::string& first_bare, const std::string& server_first,
                              const std::string& binding = {}) {
    return prove(hash, password, first_bare, server_first,
                 "c=" + to_base64(header + binding) + ",r=" + nonce_in(server_first));
}

}  // namespace mucbridge
