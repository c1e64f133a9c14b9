#include "xmpp/component_stream.hpp"

#include <gloox/tag.h>

#include <algorithm>
#include <chrono>

#include "core/utf8.hpp"
#include "xmpp/gloox_connection.hpp"
#include "xmpp/stream.hpp"

namespace mucbridge {

namespace {

constexpr std::string_view stream_end = "</stream:stream>";

/// More than any server lets its users send, unless told to.
constexpr std::size_t least_passed_over = 1024 * 1024;

std::string quote(std::string_view text) { return to_log_text(cut_utf8(text, 200)); }

StreamError read_stream_error(const Element& error) {
    StreamError read{"undefined-condition", {}};
    for (const Node& node : error.nodes) {
        const Element* child = node.element();
        if (child == nullptr || child->ns != ns::stream_errors)
            continue;
        if (child->name == "text")
            read.text = quote(child->text());
        else
            read.condition = quote(child->name);
    }
    return read;
}

bool is_stanza(const Element& element) {
    const bool is_kind = element.name == "message" || element.name == "presence" || element.name == "iq";
    return is_kind && (element.ns == ns::component || element.ns == ns::client);
}

}  // namespace

ComponentStream::ComponentStream(boost::asio::io_context& io, const XmppUrl& server, const std::string& domain,
                                 const std::string& secret, const LimitsConfig& limits, ComponentStreamEvents events)
    : gloox::Component(std::string(ns::component), server.host, domain, secret, server.port),
      server_(to_string(server)),
      domain_(domain),
      events_(std::move(events)),
      connection_(new GlooxConnection(io, server.host, server.port)),  // NOLINT: gloox deletes it
      reader_(make_reader(limits)) {
    setTls(gloox::TLSDisabled);
    setCompression(false);
    setConnectionImpl(connection_);
    connection_->registerConnectionDataHandler(this);
}

Reader ComponentStream::make_reader(const LimitsConfig& limits) {
    ReaderLimits wanted{limits.stanza_bytes, limits.depth, limits.attributes, limits.children};
    wanted.passed_over_bytes = std::max(4 * limits.stanza_bytes, least_passed_over);
    return {{[this](const Element& header) { on_header(header); },
             [this](Element element) { on_element(std::move(element)); }, [this] { on_end(); },
             [this](const ReaderError& error) {
                 fail(error.condition, error.text);
                 events_.on_over(server_ + " sends what is not XMPP: " + error.text + " (" + error.condition + ")");
             },
             [this](Element stanza, const ReaderError& error) {
                 if (phase_ == Phase::up)
                     events_.on_passed_over(std::move(stanza), error.text);
                 else if (phase_ != Phase::leaving)
                     refuse(error.condition, error.text);
             }},
            wanted};
}

void ComponentStream::open() { connect(false); }

void ComponentStream::write(const std::string& stanzas) { connection_->send(stanzas); }

std::size_t ComponentStream::unwritten() const { return connection_->unwritten(); }

void ComponentStream::leave() {
    phase_ = Phase::leaving;
    connection_->send(std::string(stream_end));
}

void ComponentStream::fail(std::string_view condition, std::string_view text) {
    if (phase_ != Phase::leaving)
        connection_->send(make_stream_error({std::string(condition), std::string(text)}) + std::string(stream_end));
    phase_ = Phase::over;
    reader_.stop();
    connection_->disconnect();
}

void ComponentStream::cut() {
    phase_ = Phase::over;
    reader_.stop();
    connection_->cut();
}

/// The server does not keep to XEP-0114.
void ComponentStream::refuse(std::string_view condition, std::string_view text) {
    fail(condition, text);
    events_.on_over(server_ + " is no component port: " + std::string(text));
}

void ComponentStream::end(const std::string& reason) {
    phase_ = Phase::over;
    reader_.stop();
    connection_->disconnect();
    events_.on_over(reason);
}

void ComponentStream::on_header(const Element& header) {
    if (header.ns != ns::streams || header.name != "stream")
        return refuse("invalid-namespace", "want <stream:stream>, got <" + quote(header.name) + ">");
    if (header.attribute("xmlns") != ns::component)
        return refuse("invalid-namespace",
                      "it speaks '" + quote(header.attribute("xmlns")) + "', not '" + std::string(ns::component) + "'");
    if (header.attribute("id").empty()) {
        phase_ = Phase::no_id;
        return;
    }
    phase_ = Phase::handshake;
    gloox::Tag shown("stream");
    shown.setXmlns(gloox::XMLNS_STREAM);
    shown.addAttribute("id", std::string(header.attribute("id")));
    handleTag(&shown);
}

void ComponentStream::on_element(Element element) {
    if (element.ns == ns::streams && element.name == "error") {
        const auto error = read_stream_error(element);
        const bool is_before = phase_ != Phase::up && phase_ != Phase::leaving;
        connection_->send(std::string(stream_end));
        if (is_before && error.condition == "not-authorized")  // ejabberd says so of an unknown domain, too
            return end(server_ + " refuses the secret of " + domain_ + ", or does not know it (not-authorized)");
        if (is_before && error.condition == "host-unknown")
            return end(server_ + " knows no component " + domain_ + " (host-unknown)");
        if (is_before && error.condition == "conflict")
            return end(server_ + " has a component " + domain_ + " already (conflict)");
        return end(server_ + " ended the stream: " + error.condition +
                   (error.text.empty() ? "" : " (" + error.text + ")"));
    }
    if (phase_ == Phase::leaving || (element.ns == ns::streams && element.name == "features"))
        return;
    if (phase_ == Phase::up) {
        if (is_stanza(element))
            events_.on_stanza(std::move(element));
        return;
    }
    if (phase_ == Phase::no_id)
        return refuse("bad-format", "its stream header has no id");
    if (element.name != "handshake" || element.ns != ns::component)
        return refuse("not-authorized", "want <handshake/>, got <" + quote(element.name) + ">");
    gloox::Tag shown("handshake");
    handleTag(&shown);
}

bool ComponentStream::handleNormalNode(gloox::Tag* tag) {
    if (!gloox::Component::handleNormalNode(tag))
        return false;
    phase_ = Phase::up;
    events_.on_up();
    return true;
}

void ComponentStream::on_end() {
    if (phase_ != Phase::leaving)
        connection_->send(std::string(stream_end));
    end(phase_ == Phase::up || phase_ == Phase::leaving ? server_ + " closed the stream"
                                                        : why_not_up() + ", and closes");
}

void ComponentStream::handleConnect(const gloox::ConnectionBase* connection) {
    phase_ = Phase::header;
    gloox::Component::handleConnect(connection);
}

void ComponentStream::handleReceivedData(const gloox::ConnectionBase*, const std::string& data) {
    heard_at_ = std::chrono::steady_clock::now();
    reader_.feed(data);
}

void ComponentStream::handleDisconnect(const gloox::ConnectionBase*, gloox::ConnectionError error) {
    const bool is_before = phase_ == Phase::connecting;
    const std::string what = is_before             ? "cannot connect to " + server_ + ": "
                             : phase_ == Phase::up ? "the connection to " + server_ + " is lost: "
                                                   : why_not_up() + ": ";
    end(what + (error == gloox::ConnDnsError ? "the host is not found: " : "") + connection_->reason());
}

std::string ComponentStream::why_not_up() const {
    switch (phase_) {
        case Phase::connecting:
            return server_ + " does not answer";
        case Phase::header:
            return server_ + " accepts a connection and says nothing";
        case Phase::no_id:
            return server_ + " is no component port: its stream header has no id";
        default:
            return server_ + " does not answer the handshake of " + domain_;
    }
}

}  // namespace mucbridge
