#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace mucbridge {

/// What a seal vouches for. Each field is length-prefixed before it is hashed, so none can run into the next.
struct Sealed {
    std::string_view id, address, nick, body;
    WallTime said_at, published_at;
};

/// The gateway key at work: HMAC-SHA-256 (RFC 2104), as 64 hexadecimal digits. Shared by gateways that share
/// conversations.
class Seal {
public:
    /// Wants 32 bytes. `origin` names this gateway.
    Seal(const std::string& key, std::string origin);
    std::string make(const Sealed& sealed) const;
    /// Compares in constant time.
    bool is_valid(const Sealed& sealed, std::string_view seal) const;
    /// XEP-0421: the same for the same person in the same room, tells nothing of who it is.
    std::string occupant_id(std::string_view room, std::string_view bare_jid) const;
    const std::string& origin() const { return origin_; }

private:
    struct Keyed;

    std::shared_ptr<const Keyed> keyed_;
    std::string origin_;
};

}  // namespace mucbridge
