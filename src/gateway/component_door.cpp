#include "gateway/component_door.hpp"

#include <utility>

#include "gateway/hub.hpp"
#include "gateway/muc_stanzas.hpp"
#include "gateway/service.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

namespace {

/// Answers may still be on their way to one who is in no room; so many of them are kept in mind.
constexpr std::size_t most_idle = 4096;

}  // namespace

ComponentDoor::ComponentDoor(Hub& hub, unsigned loop, const ComponentConfig& config)
    : hub_(hub), here_(loop), config_(config), door_(hub.add_door(loop, *this)) {
    ComponentEvents events;
    events.on_up = [this] { on_up(); };
    events.on_down = [this](const std::string&) { on_down(); };
    events.on_stanza = [this](const Element& stanza) { on_stanza(stanza); };
    component_ = std::make_unique<Component>(hub.loop(loop).io(), config, hub.config().limits, std::move(events));
    hub.add_exit(config.domain, loop, [this](const Element& stanza) { component_->send(stanza); });
}

ComponentStatus ComponentDoor::status() const {
    return {config_.domain, config_.server, component_->is_up(), component_->reason(), by_jid_.size() - idle_.size()};
}

// Places.

ComponentDoor::Peer* ComponentDoor::find(std::uint64_t number) {
    const auto found = peers_.find(number);
    return found == peers_.end() ? nullptr : found->second.get();
}

/// The session of that full JID, a new one where there is none; null where there are too many.
ComponentDoor::Peer* ComponentDoor::take_in(const Jid& jid) {
    if (const auto found = by_jid_.find(jid); found != by_jid_.end())
        return found->second;
    if (idle_.size() >= most_idle)
        drop(*idle_.front());
    if (peers_.size() >= hub_.config().limits.connections + most_idle)
        return nullptr;
    auto peer = std::make_unique<Peer>();
    peer->number = ++last_number_;
    peer->jid = jid;
    peer->text = to_string(jid);
    Peer& placed = *(peers_[peer->number] = std::move(peer));
    by_jid_[jid] = &placed;
    return &placed;
}

void ComponentDoor::drop(Peer& peer) {
    if (peer.idle)
        idle_.erase(*peer.idle);
    by_jid_.erase(peer.jid);
    peers_.erase(std::uint64_t{peer.number});
}

void ComponentDoor::refile(Peer& peer) {
    if (peer.visits.empty() && !peer.idle) {
        peer.idle = idle_.insert(idle_.end(), &peer);
    } else if (!peer.visits.empty() && peer.idle) {
        idle_.erase(*peer.idle);
        peer.idle.reset();
    }
}

// To the users.

void ComponentDoor::send(std::uint64_t number, const SharedStanza& stanza) {
    if (const Peer* peer = find(number))
        component_->send(stanza, peer->text);
}

void ComponentDoor::send(std::uint64_t, const Element& stanza) {
    if (component_->send(stanza) || !component_->is_up() || stanza.attribute("type") != "result")
        return;
    // What no server takes must not be silence for who asked.
    Element request = stanza;
    request.set("type", "get").set("from", stanza.attribute("to")).set("to", stanza.attribute("from"));
    request.nodes.clear();
    component_->send(make_error_reply(
        request, {Condition::resource_constraint, "The answer is too long for one stanza.", ErrorType::cancel}));
}

void ComponentDoor::forget_room(std::uint64_t number, const std::string& room) {
    const auto forget = [this, number, room](std::uint64_t led) {
        if (Peer* visiting = find(number)) {
            visiting->visits.forget(room, led);
            refile(*visiting);
        }
    };
    if (const Peer* peer = find(number))
        peer->visits.verify(hub_, here_, visitor_of(*peer), room, forget);
}

// From the server.

void ComponentDoor::on_up() {
    // Who was inside is out; those whom the outage did not touch would not know otherwise.
    for (const Stray& stray : std::exchange(strays_, {}))
        if (const auto occupant = Jid::parse(stray.occupant))
            component_->send(write_not_in_room(*occupant), stray.user);
}

void ComponentDoor::on_down() {
    for (const auto& [number, peer] : peers_) {
        for (const auto& [room, visit] : peer->visits.rooms())
            strays_.push_back({peer->text, room + "/" + visit.nick});
        peer->visits.end(hub_, here_, visitor_of(*peer));
    }
    idle_.clear();
    by_jid_.clear();
    peers_.clear();
}

void ComponentDoor::on_stanza(const Element& stanza) {
    const auto from = Jid::parse(stanza.attribute("from")), to = Jid::parse(stanza.attribute("to"));
    if (!from || !to)
        return;
    Peer* peer = take_in(*from);
    if (!peer) {
        if (may_be_refused(stanza))
            component_->send(make_error_reply(
                stanza, {Condition::resource_constraint, "Too many users are here (limits/connections)."}));
        return;
    }
    if (to->local.empty())
        answer_service(hub_, here_, visitor_of(*peer).route, stanza);
    else if (const auto refusal = peer->visits.lead(hub_, here_, visitor_of(*peer), stanza, *to))
        component_->send(*refusal);
    refile(*peer);
}

}  // namespace mucbridge
