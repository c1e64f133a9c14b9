#pragma once

#include <gloox/component.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "core/config.hpp"
#include "core/time.hpp"
#include "xml/reader.hpp"
#include "xmpp/xmpp_url.hpp"

namespace mucbridge {

class GlooxConnection;

/// What one stream to a server lets its component know. None may destroy the stream.
struct ComponentStreamEvents {
    std::function<void()> on_up;  // the server has accepted the handshake
    /// A message, presence or iq as the server sent it.
    std::function<void(Element stanza)> on_stanza;
    /// One that was over the limits, without what is inside; perhaps nameless.
    std::function<void(Element stanza, const std::string& why)> on_passed_over;
    /// The stream is over, for the reason in words; comes once, last, and not after cut() or fail().
    std::function<void(const std::string& reason)> on_over;
};

/// One stream to a server as its component (XEP-0114), from connecting to its end; for the next one, make another.
/// gloox writes the header and proves the secret. What the server sends is read by our own reader: gloox is shown its
/// header and its acceptance alone, made anew, and its parser never sees a byte.
class ComponentStream : public gloox::Component {
public:
    ComponentStream(boost::asio::io_context& io, const XmppUrl& server, const std::string& domain,
                    const std::string& secret, const LimitsConfig& limits, ComponentStreamEvents events);

    void open();
    /// Whole stanzas, checked. Wants is_up().
    void write(const std::string& stanzas);
    std::size_t unwritten() const;
    /// Ends our side; the stream is over when the server has ended its own.
    void leave();
    /// Ends the stream with an error (RFC 6120 §4.9.3). No event follows.
    void fail(std::string_view condition, std::string_view text);
    /// Closes the socket at once. No event follows.
    void cut();

    bool is_up() const { return phase_ == Phase::up; }
    /// When the server's latest bytes came.
    Tick heard_at() const { return heard_at_; }
    /// What the server has not done so far, after a time limit: "xmpp://127.0.0.1:5347 accepts a connection and says
    /// nothing".
    std::string why_not_up() const;

    void handleConnect(const gloox::ConnectionBase* connection) override;
    void handleReceivedData(const gloox::ConnectionBase* connection, const std::string& data) override;
    void handleDisconnect(const gloox::ConnectionBase* connection, gloox::ConnectionError error) override;

protected:
    bool handleNormalNode(gloox::Tag* tag) override;

private:
    enum class Phase {
        connecting,
        header,     // ours is sent, the server's awaited
        no_id,      // the server's header has no id: it refuses us, and an error follows
        handshake,  // ours is sent, the server's answer awaited
        up,
        leaving,
        over,
    };

    Reader make_reader(const LimitsConfig& limits);
    void on_header(const Element& header);
    void on_element(Element element);
    void on_end();
    void refuse(std::string_view condition, std::string_view text);
    void end(const std::string& reason);

    const std::string server_, domain_;  // "xmpp://127.0.0.1:5347", "rooms.example.org"
    const ComponentStreamEvents events_;
    GlooxConnection* connection_;  // gloox owns it
    Reader reader_;
    Phase phase_ = Phase::connecting;
    Tick heard_at_{};
};

}  // namespace mucbridge
