#pragma once

#include <proton/connection.hpp>
#include <proton/sender.hpp>
#include <proton/tracker.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <string>

#include "broker/amqp10_profile.hpp"
#include "core/message.hpp"

namespace mucbridge {

/// What goes to the broker: for each address a sender, in a session of its own, since brokers end the session of what
/// they refuse. Senders that are not used are closed when there are many. Lives on the broker's thread.
class Amqp10Senders {
public:
    using Settled = std::function<void(Settlement)>;

    Amqp10Senders(proton::connection connection, const Amqp10Profile& profile)
        : connection_(connection), profile_(profile) {}

    void publish(Publication publication, Settled settled);
    /// A sender is open, or has credit again.
    void on_sendable(const proton::sender& link);
    void on_settled(const proton::tracker& tracker, Settlement::Outcome outcome);
    /// The broker closed or detached it, or its session: `condition` is AMQP's, `why` in words.
    void on_ended(const proton::sender& link, const std::string& condition, const std::string& why);
    /// The connection is gone: nobody knows of these.
    void release(const std::string& why);

private:
    struct Item {
        Publication publication;
        Settled settled;
        unsigned tries = 0;
    };
    struct Sent {
        proton::tracker tracker;
        Item item;
    };
    struct Sender {
        std::string address;
        proton::sender link;
        std::deque<Item> waiting;
        std::deque<Sent> unsettled;
        unsigned failures = 0;  // since something was accepted
    };

    Sender& at(const std::string& address);
    Sender* find(const proton::sender& link);
    void open(Sender& sender);
    void pump(Sender& sender);
    void send(Sender& sender, Item item);
    void refuse(Sender& sender, const std::string& why);
    void close_idle();

    proton::connection connection_;
    const Amqp10Profile& profile_;
    std::list<Sender> senders_;  // the latest used first
};

}  // namespace mucbridge
