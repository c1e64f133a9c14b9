#include "gateway/rooms.hpp"

#include <algorithm>

#include "gateway/hub.hpp"
#include "gateway/muc_requests.hpp"
#include "gateway/muc_stanzas.hpp"

namespace mucbridge {

namespace {

constexpr std::size_t rooms_that_linger = 2000;

/// `rooms`: that there are already.
RoomLimits to_room_limits(const LimitsConfig& limits, std::size_t rooms) {
    RoomLimits out;
    out.occupants = limits.occupants_per_room;
    out.nick_characters = limits.nick_characters;
    out.lines_in_flight = limits.lines_in_flight_per_room;
    out.history_lines = limits.history_lines;
    // Lingering saves subscriptions; it must not let one who enters and leaves ever new rooms fill the memory.
    if (rooms > rooms_that_linger)
        out.linger = {};
    return out;
}

/// The nick is not what was asked for: preparing it made another of it.
bool is_changed(const Element& presence, const Jid& to) {
    return !presence.attribute("to").ends_with("/" + to.resource);
}

/// Whether the room has its home there, or a mirror.
bool is_on(const Binding& binding, const std::string& broker) {
    return binding.broker == broker ||
           std::ranges::any_of(binding.mirrors, [&](const AddressBinding& mirror) { return mirror.broker == broker; });
}

}  // namespace

Rooms::Rooms(Hub& hub, unsigned loop)
    : hub_(hub), here_(loop), archiver_(hub, loop, [this](const std::string& room, std::uint64_t number) {
          if (Host* host = find(room))
              host->room.on_archived(number);
      }) {}

Now Rooms::now() const { return hub_.loop(here_).now(); }

Rooms::Host* Rooms::find(const std::string& room) const {
    const auto found = hosts_.find(room);
    return found == hosts_.end() ? nullptr : found->second.get();
}

Rooms::Host* Rooms::find(const Jid& to) const { return find(to_string(to.bare())); }

void Rooms::reply(const Visitor& visitor, const Element& stanza) { hub_.tell_element(here_, visitor.route, stanza); }

StanzaError Rooms::no_such_room() { return {Condition::item_not_found, "There is no such room."}; }

void Rooms::refuse(const Visitor& visitor, const Element& stanza, const Jid& to, const StanzaError& error,
                   std::optional<Element> beside) {
    reply(visitor, make_room_refusal(to.bare(), stanza, error, std::move(beside)));
}

// What occupants do.

void Rooms::on_stanza(const Visitor& visitor, const Element& stanza, const Jid& to, Receipt receipt) {
    if (stanza.name == "message")
        on_message(visitor, stanza, to, std::move(receipt));
    else if (stanza.name == "presence")
        on_presence(visitor, stanza, to);
    else
        on_iq(visitor, stanza, to);
}

void Rooms::on_presence(const Visitor& visitor, const Element& presence, const Jid& to) {
    Host* host = find(to);
    const std::string_view type = presence.attribute("type");
    if (type == "unavailable") {
        if (host)
            perform(*host, host->room.on_leave(visitor, parse_presence_extra(presence), now()));
        hub_.forget_room(here_, visitor.route, to_string(to.bare()));
        return;
    }
    if (type == "error")
        return on_bounce(visitor, presence, to);
    if (type == "probe")
        return on_probe(visitor, presence, to);
    if (!type.empty())
        return;  // subscriptions: a room has no roster, and silence is what RFC 6121 gives them
    if (to.resource.empty())
        return refuse(visitor, presence, to,
                      {Condition::jid_malformed, "A room is entered as room@service/nick; the nick is missing."});
    if (presence.child("x", ns::muc))
        return enter(visitor, presence, to, host);
    if (!host || !host->room.knows(visitor.jid)) {
        hub_.forget_room(here_, visitor.route, to_string(to.bare()));
        return hub_.tell(here_, visitor.route, std::make_shared<const SharedStanza>(write_not_in_room(to)));
    }
    perform(*host, host->room.on_presence(visitor, to.resource, parse_presence_extra(presence),
                                          std::string(presence.attribute("id")), now(), is_changed(presence, to)));
}

/// XEP-0045 §17.3: the room itself may leave a probe alone.
void Rooms::on_probe(const Visitor& visitor, const Element& presence, const Jid& to) {
    if (to.resource.empty())
        return;
    Host* host = find(to);
    if (!host)
        return refuse(visitor, presence, to, no_such_room());
    perform(*host, host->room.on_probe(visitor, to.resource, std::string(presence.attribute("id")), now()));
}

void Rooms::enter(const Visitor& visitor, const Element& presence, const Jid& to, Host* host) {
    const auto turn_away = [&](const StanzaError& error) {
        hub_.forget_room(here_, visitor.route, to_string(to.bare()));
        refuse(visitor, presence, to, error);
    };
    if (!host) {
        if (const std::size_t limit = hub_.config().limits.rooms; hub_.room_count() >= limit)
            return turn_away({Condition::resource_constraint,
                              "There are " + std::to_string(limit) + " rooms, and no more may be made (limits/rooms).",
                              ErrorType::wait});
        const auto opened = open(to.bare());
        if (!opened)
            return turn_away({Condition::not_allowed, opened.error().text});
        host = *opened;
    }
    auto request = parse_join(presence, to.resource);
    request.nick_was_changed = is_changed(presence, to);
    auto effects = host->room.on_join(visitor, std::move(request), now());
    const bool refused = std::any_of(effects.begin(), effects.end(),
                                     [](const Effect& effect) { return std::holds_alternative<Refuse>(effect); });
    if (refused && !host->room.knows(visitor.jid))
        hub_.forget_room(here_, visitor.route, to_string(to.bare()));
    perform(*host, std::move(effects));
}

void Rooms::on_gone(const Visitor& visitor, const std::string& room) {
    if (Host* host = find(room))
        perform(*host, host->room.on_gone(visitor, {}, now()));
}

// Rooms come and go.

RoomWiring Rooms::wire(const std::shared_ptr<const Binding>& shared) const {
    const Binding& binding = *shared;
    RoomWiring wiring;
    wiring.writes = !binding.write.empty();
    wiring.reads = !binding.read.empty();
    wiring.reads_own = wiring.reads && binding.reads_own;
    wiring.home = binding.write;
    wiring.retains = binding.retain;
    wiring.persistent = binding.persistent;
    wiring.mark = "[" + binding.broker + "]";
    for (const auto& filter : binding.read)
        wiring.filters.append(wiring.filters.empty() ? "" : ", ").append(filter);
    const auto facts_of = [&](const std::string& broker) {
        const auto link = links_.find(broker);
        return link == links_.end() ? BrokerFacts{} : link->second.facts;
    };
    const auto carries_properties = [&](const AddressBinding& place) {
        return facts_of(place.broker).carries_properties || place.payload == PayloadKind::json;
    };
    wiring.carries_properties = carries_properties(binding);
    wiring.tells_refusals = facts_of(binding.broker).tells_refusals && binding.qos > 0;
    for (const AddressBinding& mirror : binding.mirrors)
        wiring.mirrors.push_back({.writes = !mirror.write.empty(),
                                  .reads = !mirror.read.empty(),
                                  .reads_own = !mirror.read.empty() && mirror.reads_own,
                                  .carries_properties = carries_properties(mirror),
                                  .address = mirror.write,
                                  .mark = "[" + mirror.broker + "]"});
    wiring.access = control(shared);
    return wiring;
}

/// With login open nobody of our own domain is who he says, and so no administrator; another domain's server vouches
/// for its users.
RoomAccess Rooms::control(const std::shared_ptr<const Binding>& binding) const {
    RoomAccess access;
    access.rule = "rule " + std::to_string(binding->rule);
    access.may_read = [mapper = hub_.shared_mapper(), binding](const Jid& bare) {
        return mapper->may_read(*binding, bare);
    };
    access.may_write = [mapper = hub_.shared_mapper(), binding](const Jid& bare) {
        return mapper->may_write(*binding, bare);
    };
    // With login open nobody of our own domain is who he says, and anonymous ones never come back: what such a one is
    // to a room ends with the process.
    access.is_kept = [&config = hub_.config()](const Jid& bare) {
        const bool is_somebody = config.login != Login::open && config.login != Login::anonymous;
        return is_somebody || bare.domain != config.domain;
    };
    access.may_persist = [this] { return hub_.persistent_room_count() < hub_.config().limits.persistent_rooms; };
    access.is_administrator = [&config = hub_.config()](const Jid& bare) {
        const bool is_vouched_for = config.login != Login::open || bare.domain != config.domain;
        return is_vouched_for && std::ranges::find(config.administrators, bare) != config.administrators.end();
    };
    return access;
}

Result<Rooms::Host*> Rooms::open(const Jid& address) {
    const auto bound = hub_.mapper().bind(address.local);
    if (!bound)
        return bound.error();
    const auto binding = std::make_shared<const Binding>(*bound);
    const std::string name = to_string(address);
    const auto occupant_id = [this, room = name](const Jid& bare) {
        return hub_.seal().occupant_id(room, to_string(bare));
    };
    auto host = std::unique_ptr<Host>(
        new Host{name,
                 Room(address, RoomOptions{}, to_room_limits(hub_.config().limits, hub_.room_count()), wire(binding),
                      hub_.seal().origin(), occupant_id, now()),
                 binding,
                 {},
                 {},
                 false,
                 now().tick});
    host->room.has_said_until(closed_.last(name));
    const LinkState& link = links_[binding->broker];
    Host& placed = *(hosts_[name] = std::move(host));
    ++hub_.room_count();
    if (!link.up)
        perform(placed, placed.room.on_broker_away(link.reason, now()));
    return &placed;
}

void Rooms::for_each_on(const std::string& broker, const std::function<Effects(Host&)>& event) {
    // By name, for carrying out what one room wants may end it.
    std::vector<std::string> names;
    for (const auto& [name, host] : hosts_)
        if (broker.empty() || is_on(*host->binding, broker))
            names.push_back(name);
    for (const auto& name : names)
        if (Host* host = find(name))
            perform(*host, event(*host));
}

void Rooms::shut_down() {
    for_each_on({}, [this](Host& host) { return host.room.on_shutdown(now()); });
}

bool Rooms::knows(const std::string& room, const Jid& full) const {
    const Host* host = find(room);
    return host && host->room.knows(full);
}

// Numbers.

std::size_t Rooms::occupant_count() const {
    std::size_t count = 0;
    for (const auto& [name, host] : hosts_)
        count += host->room.occupant_count();
    return count;
}

std::size_t Rooms::in_flight() const {
    std::size_t count = 0;
    for (const auto& [name, host] : hosts_)
        count += host->room.in_flight();
    return count;
}

/// XEP-0045 §6.3: hidden rooms are in nobody's list.
std::vector<DiscoItem> Rooms::list(const std::string& domain) const {
    std::vector<DiscoItem> out;
    for (const auto& [name, host] : hosts_) {
        const RoomOptions& options = host->room.options();
        const Jid& address = host->room.address();
        const bool is_there = host->room.occupant_count() > 0 || host->room.is_persistent();
        if (address.domain == domain && !options.hidden && is_there)
            out.push_back({name, "", options.title.empty() ? address.local : options.title});
    }
    return out;
}

}  // namespace mucbridge
