#pragma once

#include <string>
#include <string_view>

namespace mucbridge {

enum class ScramHash { sha1, sha256 };

/// What is kept of a password: enough to check a proof of it, not to make one. RFC 5802 §3, RFC 7677. All are bytes.
struct ScramVerifier {
    std::string salt;
    unsigned iterations = 0;
    std::string stored_key, server_key;
};

inline constexpr unsigned scram_iterations = 10000;  // RFC 7677 §4 wants 4096 at least

/// Of a password that went through SASLprep. Takes some milliseconds: not for a loop's thread.
ScramVerifier make_scram_verifier(ScramHash hash, std::string_view password, std::string_view salt,
                                  unsigned iterations);
/// With a salt of its own.
ScramVerifier make_scram_verifier(ScramHash hash, std::string_view password);

/// H(data) and HMAC(key, data).
std::string scram_hash(ScramHash hash, std::string_view data);
std::string scram_hmac(ScramHash hash, std::string_view key, std::string_view data);
/// In a time that does not tell where they differ.
bool is_equal_secret(std::string_view a, std::string_view b);

}  // namespace mucbridge
