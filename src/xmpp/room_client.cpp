#include "xmpp/room_client.hpp"

#include <gloox/client.h>
#include <gloox/connectionlistener.h>
#include <gloox/tag.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <set>

#include "core/unique.hpp"
#include "core/utf8.hpp"
#include "xml/writer.hpp"
#include "xmpp/gloox_connection.hpp"
#include "xmpp/listen_url.hpp"
#include "xmpp/room_client_stanzas.hpp"
#include "xmpp/room_tls.hpp"

namespace mucbridge {
namespace {

/// A gloox client that hands over the stanzas of rooms as they come: gloox's own MUCRoom writes no ids, and parses more
/// than is wanted here.
class StanzaClient : public gloox::Client {
public:
    StanzaClient(const gloox::JID& jid, const std::string& password, std::function<bool(const gloox::Tag&)> on_stanza)
        : gloox::Client(jid, password), on_stanza_(std::move(on_stanza)) {}

    void write(const std::string& xml) { ClientBase::send(xml); }

    void handleTag(gloox::Tag* tag) override {
        const bool is_stanza = tag != nullptr && (tag->name() == "message" || tag->name() == "presence");
        if (!is_stanza || !on_stanza_(*tag))
            gloox::Client::handleTag(tag);
    }

private:
    std::function<bool(const gloox::Tag&)> on_stanza_;
};

/// Where to connect for that listener: "any address" is where a server listens, the loopback is one of them.
Result<ListenUrl> parse_server(std::string_view url) {
    auto server = ListenUrl::parse(url);
    if (!server)
        return server;
    if (server->host == "0.0.0.0")
        server->host = "127.0.0.1";
    else if (server->host == "::")
        server->host = "::1";
    if (server->is_direct_tls)
        return Error{"want a server that takes xmpp:// (TLS begins there once it is offered), got " + to_log_text(url)};
    if (server->port == 0)
        return Error{"want a port to connect to, got " + to_log_text(url)};
    return server;
}

std::string why_not_logged_in(gloox::AuthenticationError error) {
    switch (error) {
        case gloox::SaslNotAuthorized:
        case gloox::NonSaslNotAuthorized:
            return "the server does not know this user and password";
        case gloox::SaslMechanismTooWeak:
        case gloox::SaslInvalidMechanism:
            return "the server does not take this kind of login";
        case gloox::SaslTemporaryAuthFailure:
            return "the server cannot log anybody in just now";
        default:
            return "the server refused the login";
    }
}

/// What gloox says of the server's certificate, in words.
std::string why_no_trust(int status) {
    if ((status & gloox::CertWrongPeer) != 0)
        return "the server's certificate is not for this domain";
    if ((status & (gloox::CertExpired | gloox::CertNotActive)) != 0)
        return "the server's certificate is over, or has yet to begin";
    if (status != gloox::CertOk)
        return "nobody trusted has signed the server's certificate (--ca FILE names who is)";
    return "the handshake failed";
}

constexpr int password_mechanisms = gloox::SaslMechScramSha1Plus | gloox::SaslMechScramSha1 | gloox::SaslMechPlain;

}  // namespace

struct RoomClient::Impl : gloox::ConnectionListener {
    explicit Impl(RoomVisit wanted) : visit(std::move(wanted)), work(io.get_executor()) {}
    ~Impl() override {
        client.reset();
        io.restart();
        io.poll();  // runs the handlers of a closed socket, which hold it
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void connect() {
        const auto address = parse_server(visit.server);
        if (!address)
            return end(address.error().text);
        const auto user = visit.username.empty() ? Result<std::string>("") : Jid::prepare_local(visit.username);
        if (!user)
            return end("want a user's name without its domain, got " + to_log_text(visit.username) + ": " +
                       user.error().text);
        gloox::JID jid;
        jid.setServer(visit.domain);
        jid.setUsername(*user);
        client = std::make_unique<StanzaClient>(jid, visit.password,
                                                [this](const gloox::Tag& stanza) { return on_stanza(stanza); });
        client->setTls(visit.wants_tls ? gloox::TLSRequired : gloox::TLSOptional);
        client->setEncryptionImpl(new RoomTls(client.get(), visit));  // NOLINT: the client deletes it
        client->setCompression(false);
        client->disableRoster();
        client->setSASLMechanisms(visit.username.empty() ? gloox::SaslMechAnonymous : password_mechanisms);
        client->registerConnectionListener(this);
        connection = new GlooxConnection(io, address->host, address->port);  // NOLINT: the client deletes it
        client->setConnectionImpl(connection);
        connection->registerConnectionDataHandler(client.get());
        client->connect(false);
    }

    void end(std::string reason) {
        if (!std::exchange(is_over, true))
            events.emplace_back(RoomEnded{std::move(reason)});
    }

    void onConnect() override {
        std::string presence = "<presence";
        append_attribute(presence, "id", join_id);
        append_attribute(presence, "to", to_string(visit.room.with_resource(visit.nick)));
        presence += "><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>";
        client->write(presence);
    }

    bool onTLSConnect(const gloox::CertInfo& info) override {
        certificate_status = info.status;
        return info.status == gloox::CertOk;
    }

    void onDisconnect(gloox::ConnectionError error) override {
        const auto at = visit.server + ": ";
        switch (error) {
            case gloox::ConnAuthenticationFailed:
                return end(at + why_not_logged_in(client->authError()));
            case gloox::ConnNoSupportedAuth:
                return end(at + "the server offers no login " +
                           (visit.username.empty() ? "without a name (ANONYMOUS)" : "that this client knows"));
            case gloox::ConnTlsFailed:
                return end(at + "TLS: " + why_no_trust(certificate_status));
            case gloox::ConnTlsNotAvailable:
                return end(at + "the server offers no TLS, and a password is not sent elsewhere without");
            case gloox::ConnStreamError:
                return end(at + "the server ended the stream" + stream_error());
            case gloox::ConnParseError:
                return end(at + "the server's answer is not XMPP");
            case gloox::ConnUserDisconnected:
                return end("left");
            default:
                return end(at + (connection->reason().empty() ? "the server closed the stream" : connection->reason()));
        }
    }

    std::string stream_error() const {
        const auto& text = client->streamErrorText();
        const auto error = static_cast<int>(client->streamError());
        return ": " + (text.empty() ? "error " + std::to_string(error) : to_log_text(text));
    }

    /// True: it was the room's, and is dealt with.
    bool on_stanza(const gloox::Tag& stanza) {
        const auto from = Jid::parse(stanza.findAttribute("from"));
        if (!from || from->bare() != visit.room)
            return false;
        if (stanza.name() == "presence")
            on_presence(stanza);
        else
            on_message(stanza, from->resource);
        return true;
    }

    void on_presence(const gloox::Tag& presence) {
        const auto& type = presence.findAttribute("type");
        if (type == "error") {
            if (!is_in)
                events.emplace_back(refusal_of(presence));
            return;
        }
        const auto statuses = statuses_of(presence);
        if (statuses.count(status_self) == 0)
            return;
        if (type == "unavailable") {
            is_in = false;
            return end(is_leaving ? "left" : why_removed(statuses, presence));
        }
        if (std::exchange(is_in, true))
            return;
        if (const auto self = Jid::parse(presence.findAttribute("from")); self)
            nick = self->resource;  // as the room has it, which need not be as we wrote it
        const bool created = statuses.count(status_created) > 0;
        if (created)
            accept_defaults();
        events.emplace_back(RoomJoined{created});
    }

    /// XEP-0045 §10.1.2: an instant room, open for others at once.
    void accept_defaults() {
        std::string iq = "<iq type='set' id='instant-room'";
        append_attribute(iq, "to", to_string(visit.room));
        iq +=
            "><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>"
            "</iq>";
        client->write(iq);
    }

    void on_message(const gloox::Tag& message, const std::string& speaker) {
        const auto& id = message.findAttribute("id");
        if (message.findAttribute("type") == "error") {
            auto refusal = refusal_of(message);
            refusal.id = id;
            said.erase(id);
            events.emplace_back(std::move(refusal));
            return;
        }
        if (!is_in || message.findAttribute("type") != "groupchat" || !message.hasChild("body"))
            return;
        auto line = line_of(message, speaker);
        if (speaker.empty()) {
            events.emplace_back(RoomNotice{std::move(line.body)});
            return;
        }
        line.is_ours = speaker == nick && said.erase(id) > 0;
        events.emplace_back(std::move(line));
    }

    RoomVisit visit;
    boost::asio::io_context io{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
    std::unique_ptr<StanzaClient> client;
    GlooxConnection* connection = nullptr;
    int certificate_status = gloox::CertOk;
    std::string nick;  // ours
    std::deque<RoomEvent> events;
    std::set<std::string> said;  // ids on their way
    const std::string join_id = make_random_hex(8), id_prefix = make_random_hex(8) + "-";
    unsigned lines = 0;
    bool is_in = false, is_leaving = false, is_over = false, is_woken = false;
};

RoomClient::RoomClient(RoomVisit visit) : impl_(std::make_unique<Impl>(std::move(visit))) { impl_->connect(); }

RoomClient::~RoomClient() = default;

std::optional<RoomEvent> RoomClient::next(Tick deadline) {
    auto& impl = *impl_;
    while (impl.events.empty() && !impl.is_over && !std::exchange(impl.is_woken, false)) {
        if (std::chrono::steady_clock::now() >= deadline)
            return std::nullopt;
        impl.io.run_one_until(deadline);
    }
    if (impl.events.empty())
        return std::nullopt;
    auto event = std::move(impl.events.front());
    impl.events.pop_front();
    return event;
}

void RoomClient::wake() {
    boost::asio::post(impl_->io, [impl = impl_.get()] { impl->is_woken = true; });
}

std::string RoomClient::say(std::string_view body) {
    auto& impl = *impl_;
    auto id = impl.id_prefix + std::to_string(++impl.lines);
    std::string message = "<message type='groupchat'";
    append_attribute(message, "id", id);
    append_attribute(message, "to", to_string(impl.visit.room));
    message += '>';
    append_text_element(message, "body", body);
    message += "</message>";
    impl.said.insert(id);
    impl.client->write(message);
    return id;
}

void RoomClient::leave(Tick deadline) {
    auto& impl = *impl_;
    impl.is_leaving = true;
    if (impl.is_in) {
        std::string presence = "<presence type='unavailable'";
        append_attribute(presence, "to", to_string(impl.visit.room.with_resource(impl.visit.nick)));
        impl.client->write(presence + "/>");
        while (!impl.is_over && std::chrono::steady_clock::now() < deadline)
            impl.io.run_one_until(deadline);
    }
    if (!impl.client)
        return;
    impl.client->disconnect();
    while (!impl.connection->is_drained() && std::chrono::steady_clock::now() < deadline)
        impl.io.run_one_until(deadline);
}

}  // namespace mucbridge
