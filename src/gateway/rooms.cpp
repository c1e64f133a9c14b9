#include "gateway/rooms.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

#include "core/utf8.hpp"
#include "gateway/hub.hpp"
#include "gateway/muc_stanzas.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

namespace {

RoomLimits to_room_limits(const LimitsConfig& limits) {
    RoomLimits out;
    out.occupants = limits.occupants_per_room;
    out.nick_characters = limits.nick_characters;
    out.lines_in_flight = limits.lines_in_flight_per_room;
    out.history_lines = limits.history_lines;
    return out;
}

/// What all the filters' answers come to: a room that is refused one of its filters is refused.
std::optional<Granted> join_answers(const std::map<std::string, std::optional<Granted>>& answers) {
    Granted all{true, 2, {}};
    for (const auto& [filter, answer] : answers) {
        if (!answer)
            return std::nullopt;
        if (!answer->granted)
            return Granted{false, 0, "the broker refuses the subscription of " + filter + ": " + answer->reason};
        all.qos = std::min(all.qos, answer->qos);
    }
    return all;
}

/// XEP-0045 §18.1.2: the errors after which a session is not in the room any longer, for what is said does not reach
/// it.
bool says_unreachable(const Element& stanza) {
    constexpr std::array unreachable{"gone",     "item-not-found",          "recipient-unavailable",
                                     "redirect", "remote-server-not-found", "remote-server-timeout"};
    const Element* error = stanza.child("error", ns::client);
    return error && std::ranges::any_of(unreachable, [&](const char* condition) {
               return error->child(condition, ns::stanza_errors) != nullptr;
           });
}

std::shared_ptr<const SharedStanza> share(SharedStanza stanza) {
    return std::make_shared<const SharedStanza>(std::move(stanza));
}

}  // namespace

Now Rooms::now() const { return hub_.loop(here_).now(); }

Rooms::Host* Rooms::find(const std::string& room) {
    const auto found = hosts_.find(room);
    return found == hosts_.end() ? nullptr : found->second.get();
}

void Rooms::reply(const Visitor& visitor, const Element& stanza) { hub_.tell_element(here_, visitor.route, stanza); }

// What occupants do.

void Rooms::on_stanza(const Visitor& visitor, const Element& stanza, const Jid& to) {
    if (stanza.name == "message")
        on_message(visitor, stanza, to);
    else if (stanza.name == "presence")
        on_presence(visitor, stanza, to);
    else
        on_iq(visitor, stanza, to);
}

void Rooms::on_presence(const Visitor& visitor, const Element& presence, const Jid& to) {
    Host* host = find(to.local);
    const std::string_view type = presence.attribute("type");
    if (type == "unavailable") {
        if (host)
            perform(*host, host->room.on_leave(visitor, parse_presence_extra(presence), now()));
        hub_.forget_room(here_, visitor.route, to.local);
        return;
    }
    if (type == "error")
        return on_bounce(visitor, presence, to);
    if (!type.empty())
        return;  // subscriptions and probes: a room has no roster, and silence is what RFC 6121 gives them
    if (to.resource.empty())
        return reply(visitor,
                     make_error_reply(presence, {Condition::jid_malformed,
                                                 "A room is entered as room@service/nick; the nick is missing."}));
    if (presence.child("x", ns::muc))
        return enter(visitor, presence, to);
    if (!host || !host->room.knows(visitor.jid)) {
        hub_.forget_room(here_, visitor.route, to.local);
        return hub_.tell(here_, visitor.route, share(write_not_in_room(to)));
    }
    perform(*host, host->room.on_presence(visitor, to.resource, parse_presence_extra(presence),
                                          std::string(presence.attribute("id")), now()));
}

void Rooms::enter(const Visitor& visitor, const Element& presence, const Jid& to) {
    const auto opened = open(to.bare());
    if (!opened) {
        hub_.forget_room(here_, visitor.route, to.local);
        return reply(visitor, make_error_reply(presence, {Condition::not_allowed, opened.error().text}));
    }
    Host& host = **opened;
    auto effects = host.room.on_join(visitor, parse_join(presence, to.resource), now());
    const bool refused = std::any_of(effects.begin(), effects.end(),
                                     [](const Effect& effect) { return std::holds_alternative<Refuse>(effect); });
    if (refused && !host.room.knows(visitor.jid))
        hub_.forget_room(here_, visitor.route, to.local);
    perform(host, std::move(effects));
}

void Rooms::on_message(const Visitor& visitor, const Element& message, const Jid& to) {
    const std::string_view type = message.attribute("type");
    if (type == "error")
        return on_bounce(visitor, message, to);
    Host* host = find(to.local);
    if (!host)
        return reply(visitor, make_error_reply(message, {Condition::item_not_found, "There is no such room."}));
    if (type == "groupchat") {
        if (!to.resource.empty())
            return reply(visitor,
                         make_error_reply(message, {Condition::bad_request,
                                                    "A groupchat message is for the room, not for an occupant."}));
        return perform(*host, host->room.on_groupchat(visitor, parse_line(message, to), now()));
    }
    if (to.resource.empty())
        return reply(visitor, make_error_reply(message, {Condition::feature_not_implemented,
                                                         "This room takes messages of type groupchat only."}));
    perform(*host,
            host->room.on_private(visitor, to.resource, std::string(type), parse_line(message, to.bare()), now()));
}

void Rooms::on_bounce(const Visitor& visitor, const Element& stanza, const Jid& to) {
    if (!says_unreachable(stanza))
        return;
    if (Host* host = find(to.local))
        perform(*host, host->room.on_gone(visitor, {333}, now()));
    hub_.forget_room(here_, visitor.route, to.local);
}

void Rooms::on_gone(const Visitor& visitor, const std::string& room) {
    if (Host* host = find(room))
        perform(*host, host->room.on_gone(visitor, {}, now()));
}

// Rooms come and go.

RoomWiring Rooms::wire(const Binding& binding) const {
    RoomWiring wiring;
    wiring.writes = !binding.write.empty();
    wiring.reads = !binding.read.empty();
    wiring.reads_own = wiring.reads && binding.reads_own;
    wiring.home = binding.write;
    wiring.mark = "[" + binding.broker + "]";
    for (const auto& filter : binding.read)
        wiring.filters.append(wiring.filters.empty() ? "" : ", ").append(filter);
    const auto link = links_.find(binding.broker);
    const BrokerFacts facts = link == links_.end() ? BrokerFacts{} : link->second.facts;
    wiring.carries_properties = facts.carries_properties || binding.payload == PayloadKind::json;
    wiring.tells_refusals = facts.tells_refusals && binding.qos > 0;
    return wiring;
}

Result<Rooms::Host*> Rooms::open(const Jid& address) {
    if (Host* host = find(address.local))
        return host;
    const auto binding = hub_.mapper().bind(address.local);
    if (!binding)
        return binding.error();
    const auto occupant_id = [this, room = to_string(address)](const Jid& bare) {
        return hub_.seal().occupant_id(room, to_string(bare));
    };
    auto host = std::unique_ptr<Host>(new Host{Room(address, RoomOptions{}, to_room_limits(hub_.config().limits),
                                                    wire(*binding), hub_.seal().origin(), occupant_id, now()),
                                               *binding,
                                               {},
                                               {},
                                               false});
    const LinkState& link = links_[binding->broker];
    Host& placed = *(hosts_[address.local] = std::move(host));
    if (!link.up)
        perform(placed, placed.room.on_broker_away(link.reason, now()));
    return &placed;
}

void Rooms::for_each_on(const std::string& broker, const std::function<Effects(Host&)>& event) {
    // By name, for carrying out what one room wants may end it.
    std::vector<std::string> names;
    for (const auto& [name, host] : hosts_)
        if (broker.empty() || host->binding.broker == broker)
            names.push_back(name);
    for (const auto& name : names)
        if (Host* host = find(name))
            perform(*host, event(*host));
}

void Rooms::shut_down() {
    for_each_on({}, [this](Host& host) { return host.room.on_shutdown(now()); });
}

// What the broker does.

void Rooms::on_link_up(const std::string& broker, const BrokerFacts& facts) {
    links_[broker] = {true, facts, {}};
    for_each_on(broker, [&](Host& host) {
        Effects effects = host.room.on_wired(wire(host.binding), now());
        std::ranges::move(host.room.on_broker_up(now()), std::back_inserter(effects));
        return effects;
    });
}

void Rooms::on_link_away(const std::string& broker, const std::string& reason) {
    LinkState& link = links_[broker];
    link.up = false;
    link.reason = reason;
    for_each_on(broker, [&](Host& host) {
        for (auto& [filter, answer] : host.answers)
            answer.reset();
        return host.room.on_broker_away(reason, now());
    });
}

void Rooms::on_granted(const std::string& room, const std::string& filter, const Granted& granted) {
    Host* host = find(room);
    if (!host)
        return;
    const auto asked = host->answers.find(filter);
    if (asked == host->answers.end())
        return;
    asked->second = granted;
    if (const auto all = join_answers(host->answers))
        perform(*host, host->room.on_granted(*all, now()));
}

void Rooms::on_waiting(const std::string& room, const std::string& id) {
    if (Host* host = find(room))
        perform(*host, host->room.on_waiting(id, now()));
}

void Rooms::on_full(const std::string& room, const std::string& id) {
    if (Host* host = find(room))
        perform(*host, host->room.on_full(id, now()));
}

void Rooms::on_settled(const std::string& room, const std::string& id, const Settlement& settlement) {
    if (Host* host = find(room))
        perform(*host, host->room.on_settled(id, settlement, now()));
}

void Rooms::on_delivery(const std::string& room, const Delivery& delivery) {
    Host* host = find(room);
    if (!host)
        return;
    auto heard = hub_.mapper().inbound(host->binding, delivery);
    if (!heard)
        return;
    const bool is_foreign = !heard->sealed;
    auto effects = host->room.on_heard(std::move(*heard), now());
    bool is_echo = false, is_said = false;
    for (const Effect& effect : effects) {
        is_echo = is_echo || std::holds_alternative<Home>(effect);
        is_said = is_said || std::holds_alternative<ShowLine>(effect);
    }
    if (is_said && is_foreign && !is_echo)
        ++counters_.foreign;
    if (!is_said && !is_echo)
        ++counters_.duplicates;
    perform(*host, std::move(effects));
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

std::vector<DiscoItem> Rooms::list() const {
    std::vector<DiscoItem> out;
    for (const auto& [name, host] : hosts_) {
        const RoomOptions& options = host->room.options();
        if (!options.hidden && host->room.occupant_count() > 0)
            out.push_back({to_string(host->room.address()), "", options.title.empty() ? name : options.title});
    }
    std::ranges::sort(out, {}, &DiscoItem::jid);
    return out;
}

// What the room wants done.

void Rooms::perform(Host& host, Effects effects) {
    for (Effect& effect : effects)
        std::visit([&](auto& wanted) { perform(host, wanted); }, effect);
    if (host.is_closed) {
        if (host.alarm)
            hub_.loop(here_).cancel(*host.alarm);
        hosts_.erase(host.room.address().local);
        return;
    }
    set_alarm(host);
}

void Rooms::set_alarm(Host& host) {
    Loop& loop = hub_.loop(here_);
    const auto wanted = host.room.next_tick();
    if (host.alarm && wanted && host.alarm->first <= *wanted)
        return;  // an early alarm finds nothing to do and asks again
    if (host.alarm)
        loop.cancel(*host.alarm);
    host.alarm.reset();
    if (!wanted)
        return;
    host.alarm = loop.at(*wanted, [this, name = host.room.address().local] {
        if (Host* due = find(name)) {
            due->alarm.reset();
            perform(*due, due->room.on_tick(now()));
        }
    });
}

void Rooms::perform(Host& host, const ShowPresence& show) {
    hub_.tell(here_, show.to, share(write_presence(host.room.address(), show)));
    const bool is_out = !show.available && show.new_nick.empty() && std::ranges::count(show.statuses, 110) > 0;
    if (is_out)
        for (const Route& route : *show.to)
            hub_.forget_room(here_, route, host.room.address().local);
}

void Rooms::perform(Host& host, const ShowLine& show) {
    if (show.line.body && !show.delayed)
        ++counters_.said;
    hub_.tell(here_, show.to, share(write_line(host.room.address(), show)));
}

void Rooms::perform(Host& host, const ShowPrivate& show) {
    hub_.tell(here_, show.to, share(write_private(host.room.address(), show)));
}

void Rooms::perform(Host& host, const Refuse& refuse) {
    if (refuse.kind == Refuse::Kind::message)
        ++counters_.refused;
    hub_.tell(here_, refuse.to, share(write_refusal(host.room.address(), refuse)));
}

void Rooms::perform(Host& host, const Notice& notice) {
    hub_.tell(here_, notice.to, share(write_notice(host.room.address(), notice)));
}

void Rooms::perform(Host& host, Publish& publish) {
    ++counters_.published;
    Window::Entry entry;
    entry.id = publish.said.line.stanza_id;
    entry.room = host.binding.room;
    entry.bytes = publish.said.line.body.value_or("").size() + sizeof(Said);
    entry.make = [mapper = hub_.shared_mapper(), binding = host.binding, said = std::move(publish.said)](WallTime now) {
        Said again = said;
        again.published_at = now;
        return mapper->outbound(binding, again);
    };
    hub_.on_loop(here_, link_loop, [this, broker = host.binding.broker, entry = std::move(entry)]() mutable {
        if (Link* link = hub_.link(broker))
            link->publish(std::move(entry));
    });
}

void Rooms::perform(Host& host, const Home& home) {
    hub_.on_loop(here_, link_loop, [this, broker = host.binding.broker, id = home.stanza_id] {
        if (Link* link = hub_.link(broker))
            link->home(id);
    });
}

void Rooms::perform(Host& host, const Subscribe&) {
    for (const auto& filter : host.binding.read)
        host.answers[filter].reset();
    hub_.on_loop(here_, link_loop, [this, binding = host.binding] {
        if (Link* link = hub_.link(binding.broker))
            for (const auto& filter : binding.read)
                link->subscribe(binding.room, filter, binding.qos);
    });
}

void Rooms::perform(Host& host, const Unsubscribe&) {
    host.answers.clear();
    hub_.on_loop(here_, link_loop, [this, binding = host.binding] {
        if (Link* link = hub_.link(binding.broker))
            for (const auto& filter : binding.read)
                link->unsubscribe(binding.room, filter);
    });
}

void Rooms::perform(Host& host, const Close&) { host.is_closed = true; }

void Rooms::perform(Host& host, const Warn& warn) {
    spdlog::warn("room {}: {}", to_log_text(to_string(host.room.address())), to_log_text(warn.text));
}

}  // namespace mucbridge
