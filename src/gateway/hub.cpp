#include "gateway/hub.hpp"

#include <algorithm>

#include "gateway/broker_logins.hpp"
#include "store/accounts.hpp"

namespace mucbridge {

Result<std::unique_ptr<Hub>> Hub::make(Parts parts) {
    if (!parts.store) {
        auto store = Store::open(":memory:", Durability::process);
        if (!store)
            return store.error();
        parts.store = std::move(*store);
    }
    std::unique_ptr<Hub> hub(new Hub(std::move(parts)));
    for (const auto& broker : hub->parts_.config.brokers) {
        auto link = Link::make(hub->loop(link_loop), broker, hub->make_link_events(broker.name), hub->parts_.open,
                               {hub->store(), hub->journal()}, hub->broker_calls_);
        if (!link)
            return link.error();
        hub->links_.emplace(broker.name, std::move(*link));
    }
    if (const auto restored = hub->restore(); !restored)
        return restored.error();
    return hub;
}

// 64 is what tell() can count.
Hub::Hub(Parts parts)
    : parts_(std::move(parts)), loop_count_(std::clamp(parts_.loops, 1U, 64U)), admission_(parts_.config.limits) {
    for (unsigned index = 0; index < loop_count_; ++index)
        shards_.push_back(std::make_unique<Shard>(*this, index, parts_.clock));
    logins_ = make_logins();
}

std::unique_ptr<Logins> Hub::make_logins() {
    Logins::Parts parts;
    parts.login = parts_.config.login;
    parts.accounts = std::move(parts_.accounts);
    if (const auto* broker = find_login_broker(parts_.config))
        parts.broker = *broker;
    parts.post = [this](unsigned there, std::function<void()> task) { loop(there).post(std::move(task)); };
    parts.at = [this](unsigned here, Tick when, std::function<void()> task) { loop(here).at(when, std::move(task)); };
    parts.clock = parts_.clock;
    return std::make_unique<Logins>(std::move(parts));
}

/// What the rooms could not archive stays in the journal: with it gone, no receipt settles anything.
Hub::~Hub() {
    guard_.reset();
    for (Link* link : links())
        link->close();
    parts_.journal.reset();
}

unsigned Hub::loop_of(std::string_view name) const {
    return static_cast<unsigned>(std::hash<std::string_view>{}(name) % loop_count_);
}

bool Hub::is_service(std::string_view domain) const {
    const auto& components = parts_.config.components;
    return domain == parts_.config.rooms_domain ||
           std::ranges::any_of(components, [&](const ComponentConfig& each) { return each.domain == domain; });
}

std::uint32_t Hub::add_door(unsigned loop, Door& door) {
    auto& doors = shards_[loop]->doors;
    doors.push_back(&door);
    return static_cast<std::uint32_t>(doors.size() - 1);
}

void Hub::add_exit(std::string domain, unsigned loop, std::function<void(const Element&)> send) {
    exits_.push_back({std::move(domain), loop, std::move(send)});
}

Link* Hub::link(const std::string& broker) {
    const auto found = links_.find(broker);
    return found == links_.end() ? nullptr : found->second.get();
}

std::vector<Link*> Hub::links() {
    std::vector<Link*> out;
    for (auto& [name, link] : links_)
        out.push_back(link.get());
    return out;
}

void Hub::tell(unsigned here, const Audience& audience, std::shared_ptr<const SharedStanza> stanza) {
    if (!audience || audience->empty())
        return;
    // Which other loops have somebody to tell: each gets one task, whatever the number of its sessions.
    std::uint64_t others = 0;
    for (const Route& route : *audience) {
        if (route.loop == here)
            door(route).send(route.session, *stanza);
        else
            others |= std::uint64_t{1} << route.loop;
    }
    for (unsigned there = 0; others != 0; ++there, others >>= 1) {
        if ((others & 1) == 0)
            continue;
        loop(there).post([this, there, audience, stanza] {
            for (const Route& route : *audience)
                if (route.loop == there)
                    door(route).send(route.session, *stanza);
        });
    }
}

void Hub::tell(unsigned here, const Route& to, std::shared_ptr<const SharedStanza> stanza) {
    on_loop(here, to.loop, [this, to, stanza = std::move(stanza)] { door(to).send(to.session, *stanza); });
}

void Hub::tell_element(unsigned here, const Route& to, const Element& stanza) {
    on_loop(
        here, to.loop, [this, to](const Element& whole) { door(to).send(to.session, whole); }, stanza);
}

void Hub::tell_jid(unsigned here, const Jid& to, const Element& stanza) {
    if (to.domain == parts_.config.domain) {
        const unsigned there = loop_of(to.local);
        return on_loop(here, there, [this, there, to, stanza] {
            if (!registry(there).deliver(to, stanza))
                tell_beyond(there, stanza);
        });
    }
    tell_beyond(here, stanza);
}

void Hub::tell_beyond(unsigned here, const Element& stanza) {
    const auto from = Jid::parse(stanza.attribute("from"));
    const auto exit =
        std::ranges::find_if(exits_, [&](const Exit& each) { return from && each.domain == from->domain; });
    if (exit != exits_.end())
        on_loop(here, exit->loop, [exit, stanza] { exit->send(stanza); });
}

void Hub::forget_room(unsigned here, const Route& route, const std::string& room) {
    on_loop(
        here, route.loop, [this, route](const std::string& left) { door(route).forget_room(route.session, left); },
        room);
}

void Hub::catch_up(unsigned here, const Route& route) {
    on_loop(here, route.loop, [this, route] { door(route).caught_up(route.session); });
}

LinkEvents Hub::make_link_events(const std::string& broker) {
    // Always posted, even to the link's own loop: a room that asks its link must not hear the answer before it is done
    // asking.
    const auto to_room = [this](const std::string& room, auto task) {
        const unsigned there = loop_of(room);
        loop(there).post([this, there, task = std::move(task)] { task(rooms(there)); });
    };
    const auto to_all = [this](auto task) {
        for (unsigned there = 0; there < loop_count(); ++there)
            loop(there).post([this, there, task] { task(rooms(there)); });
    };
    LinkEvents events;
    events.on_up = [=](const BrokerFacts& facts) { to_all([=](Rooms& rooms) { rooms.on_link_up(broker, facts); }); };
    events.on_away = [=](const std::string& reason) {
        to_all([=](Rooms& rooms) { rooms.on_link_away(broker, reason); });
    };
    events.on_granted = [=](const std::string& room, const std::string& filter, const Granted& granted) {
        to_room(room, [=](Rooms& rooms) { rooms.on_granted(broker, room, filter, granted); });
    };
    events.on_spooled = [=](const std::string& room, const std::string& id) {
        to_room(room, [=](Rooms& rooms) { rooms.on_spooled(room, id); });
    };
    events.on_waiting = [=](const std::string& room, const std::string& id) {
        to_room(room, [=](Rooms& rooms) { rooms.on_waiting(room, id); });
    };
    events.on_full = [=](const std::string& room, const std::string& id, const std::string& reason) {
        to_room(room, [=](Rooms& rooms) { rooms.on_full(room, id, reason); });
    };
    events.on_settled = [=](const std::string& room, const std::string& id, const Settlement& settlement) {
        to_room(room, [=](Rooms& rooms) { rooms.on_settled(broker, room, id, settlement); });
    };
    events.on_delivery = [=](const std::shared_ptr<Turn>& turn) {
        to_room(turn->room(), [turn](Rooms& rooms) { rooms.on_turn(turn); });
    };
    events.overflow_of = [this, broker](const std::string& room) {
        const auto binding = mapper().bind(room.substr(0, room.find('@')));
        return binding ? overflow_at(*binding, broker) : Overflow::close;
    };
    events.is_ours = [this](const Delivery& delivery) { return mapper().claims_to_be_ours(delivery); };
    return events;
}

void Hub::poll() {
    // A loop may post to another one that was polled before it.
    for (bool has_run = true; has_run;) {
        has_run = store().poll();
        for (auto& shard : shards_)
            has_run = shard->loop.poll() || has_run;
    }
}

}  // namespace mucbridge
