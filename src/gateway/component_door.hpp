#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/config.hpp"
#include "gateway/door.hpp"
#include "gateway/visits.hpp"
#include "xmpp/component.hpp"

namespace mucbridge {

class Hub;

/// How it stands with a component, for `status`.
struct ComponentStatus {
    std::string domain, server;
    bool is_up = false;
    std::string reason;  // of not being up
    std::size_t sessions = 0;
};

/// The component door: users of an existing server, and of all servers that it knows, come through one link (XEP-0114).
/// A session is a full JID that has asked for something here; who is in no room is forgotten again. Lives on one loop.
class ComponentDoor : public Door {
public:
    ComponentDoor(Hub& hub, unsigned loop, const ComponentConfig& config);

    void start() { component_->start(); }
    /// Says goodbye, when what is queued is written.
    void stop() { component_->stop(); }
    bool is_over() const { return component_->is_over(); }
    ComponentStatus status() const;

    void send(std::uint64_t number, const SharedStanza& stanza) override;
    void send(std::uint64_t number, const Element& stanza) override;
    void forget_room(std::uint64_t number, const std::string& room) override;
    /// One stream carries all of a server's users: none of them can be left unread.
    void caught_up(std::uint64_t) override {}

private:
    struct Peer {
        std::uint64_t number = 0;
        Jid jid;
        std::string text;  // the same, for `to`
        Visits visits;
        std::optional<std::list<Peer*>::iterator> idle;  // its place in idle_
    };
    /// One who was inside when the link was lost.
    struct Stray {
        std::string user, occupant;
    };

    Peer* find(std::uint64_t number);
    Peer* take_in(const Jid& jid);
    void drop(Peer& peer);
    /// Files the peer among those in no room, or takes it out of them.
    void refile(Peer& peer);
    Visitor visitor_of(const Peer& peer) const { return {{here_, door_, peer.number}, peer.jid}; }

    void on_up();
    void on_down();
    void on_stanza(const Element& stanza);

    Hub& hub_;
    const unsigned here_;
    const ComponentConfig& config_;
    const std::uint32_t door_;
    std::uint64_t last_number_ = 0;
    std::unordered_map<std::uint64_t, std::unique_ptr<Peer>> peers_;
    std::unordered_map<Jid, Peer*> by_jid_;
    std::list<Peer*> idle_;  // in no room, the longest first
    std::vector<Stray> strays_;
    std::unique_ptr<Component> component_;
};

}  // namespace mucbridge
