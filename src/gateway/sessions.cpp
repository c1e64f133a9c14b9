#include "gateway/sessions.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include "core/unique.hpp"
#include "core/utf8.hpp"
#include "gateway/hub.hpp"
#include "gateway/service.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

Sessions::Sessions(Hub& hub, unsigned loop) : hub_(hub), here_(loop), host_(make_host()) {
    const Config& config = hub.config();
    options_ = {config.domain, config.rooms_domain, config.login, config.limits};
}

SessionHost Sessions::make_host() {
    SessionHost host;
    // With login open any name and any password will do; the session itself refuses what is no name.
    host.authenticate = [](Session&, const std::string&, const std::string&, const std::function<void(bool)>& answer) {
        answer(true);
    };
    host.bind = [this](Session& session, const std::string& resource, std::function<void(Result<Jid>)> answer) {
        Jid full = session.jid().with_resource(resource.empty() ? make_random_hex(8) : resource);
        const Route route = route_of(session);
        find(session.number())->on_bound = std::move(answer);
        const unsigned there = hub_.loop_of(full.local);
        hub_.on_loop(here_, there,
                     [this, there, full = std::move(full), route] { hub_.registry(there).bind(full, route); });
    };
    host.on_stanza = [this](Session& session, Element stanza) { on_stanza(session, std::move(stanza)); };
    host.on_end = [this](Session& session, const std::string& why) { on_end(session, why); };
    return host;
}

// Places.

std::uint64_t Sessions::take_slot() {
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    ++count_;
    return std::uint64_t{++slots_[index].generation} << 32 | index;
}

Sessions::Slot* Sessions::find(std::uint64_t number) {
    const auto index = static_cast<std::uint32_t>(number);
    if (index >= slots_.size() || slots_[index].generation != number >> 32 || !slots_[index].session)
        return nullptr;
    return &slots_[index];
}

void Sessions::free(std::uint64_t number) {
    Slot* slot = find(number);
    if (!slot)
        return;
    const std::uint32_t generation = slot->generation;
    *slot = Slot{};
    slot->generation = generation;
    free_.push_back(static_cast<std::uint32_t>(number));
    --count_;
}

void Sessions::adopt(int native_socket, const std::string& peer) {
    if (count_ * hub_.loop_count() >= hub_.config().limits.connections) {
        spdlog::warn("connection from {} refused: limits/connections is {}", peer, hub_.config().limits.connections);
        ::close(native_socket);
        return;
    }
    const std::uint64_t number = take_slot();
    auto session = std::make_unique<Session>(number, options_, host_, hub_.loop(here_).now());
    session->set_peer(peer);
    Slot& slot = slots_[static_cast<std::uint32_t>(number)];
    slot.session = session.get();
    Loop& loop = hub_.loop(here_);
    slot.connection = std::make_unique<Connection>(
        loop.io(), native_socket, std::move(session),
        [this, number](Connection&) { hub_.loop(here_).post([this, number] { free(number); }); },
        [&loop] { return loop.now(); });
    slot.connection->start();
}

Session* Sessions::open(const std::string& peer) {
    const std::uint64_t number = take_slot();
    Slot& slot = slots_[static_cast<std::uint32_t>(number)];
    slot.in_process = std::make_unique<Session>(number, options_, host_, hub_.loop(here_).now());
    slot.session = slot.in_process.get();
    slot.session->set_peer(peer);
    return slot.session;
}

// To the clients.

void Sessions::send(const Route& route, const SharedStanza& stanza) {
    if (Slot* slot = find(route.session))
        slot->session->send(stanza);
}

void Sessions::send(const Route& route, const Element& stanza) {
    if (Slot* slot = find(route.session))
        slot->session->send(stanza);
}

void Sessions::close(const Route& route, std::string_view condition, std::string_view text) {
    if (Slot* slot = find(route.session))
        slot->session->close(condition, text);
}

void Sessions::forget_room(const Route& route, const std::string& room) {
    if (Slot* slot = find(route.session))
        slot->rooms.erase(room);
}

void Sessions::on_bound(const Route& route, const Jid& full) {
    Slot* slot = find(route.session);
    if (!slot || !slot->on_bound) {
        // It ended while the registry was busy.
        const unsigned there = hub_.loop_of(full.local);
        hub_.on_loop(here_, there, [this, there, full, route] { hub_.registry(there).unbind(full, route); });
        return;
    }
    const auto answer = std::exchange(slot->on_bound, nullptr);
    answer(full);
    spdlog::info("session of {} from {}", to_log_text(to_string(full)), slot->session->peer());
}

void Sessions::shut_down() {
    for (Slot& slot : slots_)
        if (slot.session)
            slot.session->close("system-shutdown", "The gateway is stopped.");
}

// From the clients.

void Sessions::on_stanza(Session& session, Element stanza) {
    if (!stanza.has_attribute("to"))
        return on_availability(session, stanza);
    auto to = Jid::parse(stanza.attribute("to"));
    if (!to)
        return session.send(make_error_reply(stanza, {Condition::jid_malformed, to.error().text}));
    if (to->domain == options_.rooms_domain)
        return to->local.empty() ? to_service(session, stanza) : to_room(session, std::move(stanza), *to);
    if (to->domain == options_.domain) {
        const unsigned there = hub_.loop_of(to->local);
        return hub_.on_loop(here_, there,
                            [this, there, from = route_of(session), stanza = std::move(stanza), to = *to] {
                                hub_.registry(there).on_stanza(from, stanza, to);
                            });
    }
    if (may_be_refused(stanza))
        session.send(make_error_reply(
            stanza, {Condition::remote_server_not_found, "This gateway serves " + options_.domain + " alone."}));
}

void Sessions::on_availability(Session& session, const Element& presence) {
    Slot& slot = *find(session.number());
    const std::string_view type = presence.attribute("type");
    if (presence.name != "presence" || !(type.empty() || type == "unavailable"))
        return;
    const bool is_available = type.empty();
    const unsigned there = hub_.loop_of(session.jid().local);
    hub_.on_loop(here_, there, [this, there, jid = session.jid(), is_available] {
        hub_.registry(there).on_availability(jid, is_available);
    });
    // RFC 6121 §4.2.2: the user's own resources are told, this one among them.
    Element own = presence;
    own.set("to", to_string(session.jid()));
    session.send(own);
    if (is_available)
        return;
    // RFC 6121 §4.5.2: whoever was told of its presence directly is told of its end; so are the rooms.
    for (const auto& room : std::exchange(slot.rooms, {})) {
        Element leaving = presence;
        to_room(session, std::move(leaving), Jid{room, options_.rooms_domain, {}});
    }
}

void Sessions::to_room(Session& session, Element stanza, const Jid& to) {
    Slot& slot = *find(session.number());
    if (stanza.name == "presence" && stanza.attribute("type").empty() && !to.resource.empty() &&
        !slot.rooms.contains(to.local)) {
        const std::size_t limit = options_.limits.rooms_per_session;
        if (slot.rooms.size() >= limit)
            return session.send(make_error_reply(
                stanza, {Condition::resource_constraint,
                         "A session may be in " + std::to_string(limit) + " rooms (limits/rooms_per_session)."}));
        slot.rooms.insert(to.local);
    }
    const unsigned there = hub_.loop_of(to.local);
    hub_.on_loop(here_, there,
                 [this, there, visitor = Visitor{route_of(session), session.jid()}, stanza = std::move(stanza), to] {
                     hub_.rooms(there).on_stanza(visitor, stanza, to);
                 });
}

void Sessions::to_service(Session& session, const Element& stanza) {
    answer_service(hub_, here_, route_of(session), stanza);
}

void Sessions::on_end(Session& session, const std::string& why) {
    spdlog::info("session of {} ended: {}", to_log_text(to_string(session.jid())), to_log_text(why));
    Slot& slot = *find(session.number());
    slot.on_bound = nullptr;  // the registry may still be busy with it: its answer finds nobody
    const Visitor visitor{route_of(session), session.jid()};
    for (const auto& room : std::exchange(slot.rooms, {})) {
        const unsigned there = hub_.loop_of(room);
        hub_.on_loop(here_, there, [this, there, visitor, room] { hub_.rooms(there).on_gone(visitor, room); });
    }
    const unsigned there = hub_.loop_of(visitor.jid.local);
    hub_.on_loop(here_, there, [this, there, visitor] { hub_.registry(there).unbind(visitor.jid, visitor.route); });
    if (slot.in_process)
        hub_.loop(here_).post([this, number = session.number()] { free(number); });
}

}  // namespace mucbridge
