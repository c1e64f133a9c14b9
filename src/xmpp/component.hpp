#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/config.hpp"
#include "xml/element.hpp"
#include "xmpp/session.hpp"

namespace mucbridge {

/// What a component's server lets us know. All come on the link's io_context, never from inside of a call of the link;
/// none may destroy the link.
struct ComponentEvents {
    std::function<void()> on_up;  // the handshake is accepted
    /// The connection is lost, or could not be made; it is tried again. Comes for every attempt that fails.
    std::function<void(const std::string& reason)> on_down;
    /// A message, presence or iq, in "jabber:client" throughout; `from` and `to` are prepared JIDs, `to` at our domain
    /// and `from` not.
    std::function<void(Element stanza)> on_stanza;
};

/// How patient a component is.
struct ComponentTimes {
    std::chrono::milliseconds login{10'000};   // from connecting to an accepted handshake
    std::chrono::milliseconds quiet{30'000};   // without a byte of the server, before it is pinged
    std::chrono::milliseconds answer{15'000};  // to a ping
    std::chrono::milliseconds goodbye{2'000};  // until the server has ended its side as well
    // Between attempts: at random between the shortest and a ceiling, which doubles with each from the first to the
    // longest, and begins anew after a connection that was up for so long.
    std::chrono::milliseconds shortest_delay{20}, first_delay{500}, longest_delay{30'000}, settled{10'000};
};

/// Our connection to one XMPP server as its component (XEP-0114): connects, and again after each loss, for as long as
/// it lives; finds a half-open connection by pings of its own, from our domain to our domain, which the server brings
/// back to us. Lives on one io_context. A server's mistake or malice costs the connection, never more; one user's
/// stanza that is too big or malformed costs that stanza.
class Component {
public:
    Component(boost::asio::io_context& io, ComponentConfig config, const LimitsConfig& limits, ComponentEvents events,
              ComponentTimes times = {});
    /// Without a goodbye; what was sent is still written, as long as the loop runs.
    ~Component();
    Component(const Component&) = delete;
    Component& operator=(const Component&) = delete;

    /// A server that is no URL, or a domain that is none, is told by on_down and not tried again.
    void start();

    /// Whole stanzas, namespace "jabber:client" implied, well-formed, `from` at our domain. False where it is not sent:
    /// the link is down; or the stanza is not what a server would take, which is logged, and the link stays up. Output
    /// that the server leaves unread is bounded by LimitsConfig::component_queue_bytes: more of it cuts the connection.
    bool send(std::string_view stanza);
    bool send(const SharedStanza& stanza, std::string_view to);
    bool send(const Element& stanza);

    /// Says goodbye, once what was sent is written; nothing is sent or told any more. Bounded in time: see is_over().
    void stop();

    bool is_up() const;
    /// After stop(): the goodbye is said and answered, or its time is over.
    bool is_over() const;
    /// Why it is down, or "".
    const std::string& reason() const;
    /// Prepared.
    const std::string& domain() const;
    /// "xmpp://127.0.0.1:5347"
    const std::string& server() const;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace mucbridge
