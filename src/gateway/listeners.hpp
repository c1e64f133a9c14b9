#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "xmpp/listener.hpp"
#include "xmpp/tls_context.hpp"

namespace mucbridge {

class Hub;

/// The server door's front: where clients are accepted, with TLS as it is configured, and given to the loops in turn.
/// Lives on the first loop.
class Listeners {
public:
    /// Errors are the configuration's ("/tls/key: tls.key: is encrypted", "/listen/0: ...") or the system's.
    static Result<std::unique_ptr<Listeners>> open(Hub& hub);

    std::vector<std::string> urls() const;
    void stop();
    /// From any thread: reads the TLS files anew, for those who come from now on. Where they are wrong, all stays as it
    /// was.
    Result<void> reload_certificates();

private:
    struct Entrance {
        std::unique_ptr<Listener> listener;
        TlsOffer tls;
    };

    explicit Listeners(Hub& hub) : hub_(hub) {}
    Result<TlsOffer> offer_for(std::size_t index) const;
    Result<void> add(std::size_t index);
    void take_in(const TlsOffer& tls, int socket, const std::string& peer);

    Hub& hub_;
    std::shared_ptr<const TlsContext> context_;  // null: there is no TLS
    std::vector<std::unique_ptr<Entrance>> entrances_;
    unsigned next_loop_ = 0;
};

}  // namespace mucbridge
