#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "broker/memory.hpp"
#include "gateway/hub.hpp"
#include "xml/element.hpp"
#include "xml/reader.hpp"
#include "xmpp/base64.hpp"

namespace mucbridge {

/// The stages joined, on loops that are polled, with a broker in the process.
struct Housed {
    Now now{Tick{} + std::chrono::hours(1), *parse_rfc3339("2026-04-23T19:30:00Z")};
    std::shared_ptr<MemoryBus> bus = std::make_shared<MemoryBus>();
    std::unique_ptr<Hub> hub;

    /// `store`: what an earlier process left; null: nothing.
    explicit Housed(unsigned loops = 1, Config config = {}, std::unique_ptr<Store> store = {}) {
        config.rooms_domain = "rooms.localhost";
        config.brokers.front().url = "memory:";
        Hub::Parts parts;
        parts.seal = std::make_shared<const Seal>(std::string(32, 'k'), "tested");
        parts.mapper = *Mapper::make(config, parts.seal);
        parts.loops = loops;
        parts.store = std::move(store);
        parts.clock = [this] { return now; };
        parts.open = [this](const BrokerConfig& broker, BrokerEvents events) {
            return Result<std::unique_ptr<Broker>>(
                make_memory_broker(bus, broker, {"tested", true, ""}, std::move(events)));
        };
        parts.config = std::move(config);
        auto made = Hub::make(std::move(parts));
        REQUIRE(made.has_value());
        hub = std::move(*made);
        for (Link* link : hub->links())
            link->connect();
        hub->poll();
    }
};

/// A client that is logged in, without a socket.
struct Client {
    Housed& house;
    Session* session;
    std::vector<Element> got;
    Reader reader{{[](const Element&) {}, [this](Element stanza) { hear(std::move(stanza)); }, [] {},
                   [](const ReaderError& error) { FAIL(error.text); }},
                  ReaderLimits{1 << 20, 64, 256, 4096}};

    Client(Housed& in, const std::string& name, const std::string& resource, unsigned loop = 0) : house(in) {
        session = house.hub->sessions(loop).open("test");
        const std::string header =
            "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
            "xmlns:stream='http://etherx.jabber.org/streams'>";
        send(header);
        send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" +
             to_base64(std::string("\0", 1) + name + std::string("\0pw", 3)) + "</auth>");
        send(header);
        send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" + resource +
             "</resource></bind></iq>");
        got.clear();
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void send(const std::string& bytes) {
        REQUIRE(session);
        session->on_bytes(bytes, house.now);
        read();
        house.hub->poll();
        read();
    }
    void read() {
        if (!session)
            return;
        reader.feed(session->take_output());
        if (session->is_over())
            std::exchange(session, nullptr)->on_disconnected("closed");
    }
    void hear(Element stanza) {
        if (stanza.name == "success")
            reader.restart();
        got.push_back(std::move(stanza));
    }
    /// What came since it was last asked.
    std::vector<Element> take() {
        house.hub->poll();
        read();
        return std::exchange(got, {});
    }
    /// The one stanza that came.
    Element take_one() {
        const auto all = take();
        REQUIRE(all.size() == 1);
        return all.front();
    }
};

}  // namespace mucbridge
