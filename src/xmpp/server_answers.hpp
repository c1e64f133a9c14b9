#pragma once

#include <memory>
#include <optional>
#include <variant>

#include "core/stanza_error.hpp"
#include "core/time.hpp"
#include "xml/element.hpp"
#include "xmpp/private_storage.hpp"
#include "xmpp/session.hpp"

namespace mucbridge {

/// Whom a request asks.
enum class Asked {
    server,   // to='localhost'
    account,  // to='romeo@localhost', the asker's own
    either,   // no `to`
};

/// Everything that a client asks of its server or of its own account before it can do anything else, for one session.
/// What is answered here is what disco names, and nothing else.
class ServerAnswers {
public:
    explicit ServerAnswers(const SessionOptions& options) : options_(options) {}

    /// To an iq of type get or set with exactly one child: the result or the error, whole and addressed.
    Element answer(const Element& iq, Asked asked, bool anonymous, WallTime now);

private:
    using Answer = std::variant<Element, StanzaError>;
    Answer answer_get(const Element& child, Asked asked, bool anonymous, WallTime now) const;
    /// Why not, or nothing where it is done.
    std::optional<StanzaError> accept_set(const Element& child, Asked asked);
    Answer describe(const Element& query, Asked asked, bool anonymous) const;
    Answer list(const Element& query, Asked asked) const;
    Answer find_private(const Element& query) const;

    const SessionOptions& options_;
    std::unique_ptr<PrivateStorage> storage_;  // few clients put anything aside
};

}  // namespace mucbridge
