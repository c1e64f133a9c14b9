#pragma once

#include <doctest/doctest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "xmpp/component.hpp"

namespace mucbridge {

/// One connection that a component made to a ComponentServer, which does as the test says.
class ComponentPeer : public std::enable_shared_from_this<ComponentPeer> {
public:
    explicit ComponentPeer(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

    void say(std::string_view bytes) {
        waiting_ += bytes;
        write();
    }
    void read() {
        socket_.async_read_some(boost::asio::buffer(bytes_), [self = shared_from_this()](auto error, std::size_t size) {
            self->heard.append(self->bytes_.data(), size);
            if (error)
                self->is_closed = true;
            else if (self->is_reading)
                self->read();
        });
    }
    void close() {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }
    bool has_heard(std::string_view wanted) const { return heard.find(wanted) != std::string::npos; }

    std::string heard;
    bool is_closed = false, is_reading = true;

private:
    void write() {
        if (!writing_.empty() || waiting_.empty())
            return;
        std::swap(writing_, waiting_);
        boost::asio::async_write(socket_, boost::asio::buffer(writing_),
                                 [self = shared_from_this()](auto error, std::size_t) {
                                     self->writing_.clear();
                                     if (!error)
                                         self->write();
                                 });
    }

    std::string waiting_, writing_;
    boost::asio::ip::tcp::socket socket_;
    std::array<char, 65536> bytes_{};
};

/// A server's component port, without a server behind it.
class ComponentServer {
public:
    explicit ComponentServer(boost::asio::io_context& io)
        : acceptor_(io, {boost::asio::ip::address_v4::loopback(), 0}) {
        accept();
    }
    ~ComponentServer() {
        close();
        for (const auto& peer : peers)
            peer->close();
    }
    ComponentServer(const ComponentServer&) = delete;
    ComponentServer& operator=(const ComponentServer&) = delete;

    std::string url() const { return "xmpp://127.0.0.1:" + std::to_string(port_); }
    void close() {
        boost::system::error_code ignored;
        acceptor_.close(ignored);
    }

    std::vector<std::shared_ptr<ComponentPeer>> peers;

private:
    void accept() {
        acceptor_.async_accept([this](auto error, boost::asio::ip::tcp::socket socket) {
            if (error)
                return;
            peers.push_back(std::make_shared<ComponentPeer>(std::move(socket)));
            peers.back()->read();
            accept();
        });
    }

    boost::asio::ip::tcp::acceptor acceptor_;
    const unsigned port_ = acceptor_.local_endpoint().port();
};

/// A component with its server, and all that it tells.
struct ComponentHouse {
    explicit ComponentHouse(ComponentTimes times = hasty(), LimitsConfig limits = {}) {
        spdlog::set_default_logger(
            std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
        spdlog::set_level(spdlog::level::debug);
        spdlog::set_pattern("%l %v");
        ComponentEvents events;
        events.on_up = [this] { ++ups; };
        events.on_down = [this](const std::string& reason) { downs.push_back(reason); };
        events.on_stanza = [this](Element stanza) { stanzas.push_back(std::move(stanza)); };
        component = std::make_unique<Component>(io, ComponentConfig{server.url(), "Rooms.Example.org", "secret"},
                                                limits, std::move(events), times);
    }
    ~ComponentHouse() {
        component.reset();
        io.poll();
        spdlog::set_default_logger(std::make_shared<spdlog::logger>(""));
    }
    ComponentHouse(const ComponentHouse&) = delete;
    ComponentHouse& operator=(const ComponentHouse&) = delete;

    /// Tries again at once, and loses patience with nobody.
    static ComponentTimes hasty() {
        using std::chrono::milliseconds;
        const milliseconds never{600'000}, soon{1};
        return {never, never, never, never, soon, soon, soon, never};
    }

    template <class Condition>
    bool until(Condition condition, std::chrono::milliseconds most = std::chrono::milliseconds(10'000)) {
        const auto end = std::chrono::steady_clock::now() + most;
        while (!condition() && std::chrono::steady_clock::now() < end)
            io.run_one_for(std::chrono::milliseconds(20));
        return condition();
    }

    /// The latest connection, once it has sent its header.
    ComponentPeer& next_peer(std::size_t number = 1) {
        REQUIRE(
            until([&] { return server.peers.size() >= number && server.peers[number - 1]->has_heard("version="); }));
        return *server.peers[number - 1];
    }
    /// The same, with the handshake done.
    ComponentPeer& log_in(std::size_t number = 1) {
        auto& peer = next_peer(number);
        const int before = ups;
        peer.say(header + accepted);
        REQUIRE(until([&] { return ups > before && peer.has_heard("</handshake>"); }));
        return peer;
    }
    /// What the component says when a server that is not up with it says that.
    std::string reason_after(std::string_view bytes) {
        component->start();
        next_peer().say(bytes);
        REQUIRE(until([&] { return !downs.empty(); }));
        CHECK(ups == 0);
        CHECK_FALSE(component->is_up());
        CHECK(component->reason() == downs.front());
        CHECK(until([&] { return server.peers.size() == 2; }));  // and it tries again
        return downs.front();
    }

    static inline const std::string header =
        "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
        "xmlns:stream='http://etherx.jabber.org/streams' from='rooms.example.org' id='abc'>";
    static inline const std::string accepted = "<handshake/>";
    static std::string stream_error(const std::string& condition, const std::string& text = "") {
        return "<stream:error><" + condition + " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>" +
               (text.empty() ? "" : "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>" + text + "</text>") +
               "</stream:error></stream:stream>";
    }

    /// How many lines of the log begin so.
    std::size_t count_logged(const std::string& beginning) const {
        std::size_t count = 0;
        for (auto at = ('\n' + log.str()).find('\n' + beginning); at != std::string::npos; ++count)
            at = ('\n' + log.str()).find('\n' + beginning, at + 1);
        return count;
    }

    std::ostringstream log;
    boost::asio::io_context io;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
    ComponentServer server{io};
    int ups = 0;
    std::vector<std::string> downs;
    std::vector<Element> stanzas;
    std::unique_ptr<Component> component;
};

}  // namespace mucbridge
