#include "gateway/sessions.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "core/unique.hpp"
#include "core/utf8.hpp"
#include "gateway/hub.hpp"
#include "gateway/service.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

Sessions::Sessions(Hub& hub, unsigned loop)
    : hub_(hub), here_(loop), host_(make_host()), waiting_(hub.config().limits.connections / hub.loop_count()) {
    const Config& config = hub.config();
    options_ = {config.domain, config.rooms_domain, config.login, config.limits,
                std::make_shared<Backlog>(config.limits.queue_bytes / hub.loop_count())};
    options_.backlog->set_eviction([this](std::size_t wanted) { give_up_stuck(wanted); });
    options_.legacy_auth = config.legacy_auth;
}

SessionHost Sessions::make_host() {
    SessionHost host;
    host.authenticate = [this](Session&, std::string name, std::string password,
                               std::function<void(LoginAnswer)> answer) {
        hub_.logins().authenticate(here_, std::move(name), std::move(password), std::move(answer));
    };
    host.find_verifier = [this](Session&, std::string name, ScramHash hash,
                                std::function<void(std::optional<ScramVerifier>)> answer) {
        hub_.logins().find_verifier(here_, std::move(name), hash, std::move(answer));
    };
    host.delay_refusal = [this](Session& session, const std::string& name, std::function<void(bool)> answer) {
        hub_.logins().delay_refusal(here_, session.peer(), name, std::move(answer));
    };
    host.bind = [this](Session& session, const std::string& resource, std::function<void(Result<Jid>)> answer) {
        Jid full = session.jid().with_resource(resource.empty() ? make_random_hex(8) : resource);
        const Route route = route_of(session);
        find(session.number())->on_bound = std::move(answer);
        const unsigned there = hub_.loop_of(full.local);
        hub_.on_loop(here_, there,
                     [this, there, full = std::move(full), route] { hub_.registry(there).bind(full, route); });
    };
    host.on_stanza = [this](Session& session, Element stanza, std::uint64_t line) {
        on_stanza(session, std::move(stanza), make_receipt(session, line));
    };
    host.make_resumption_id = [this](const Session& session) { return make_resumption_id(session); };
    host.on_detached = [this](Session& session, const std::string& why) { on_detached(session, why); };
    host.resume = [this](Session& session, const std::string& id, std::uint32_t h,
                         std::function<void(std::optional<std::uint32_t>)> refuse) {
        resume(session, id, h, std::move(refuse));
    };
    host.on_pause = [this](Session&) { ++pauses_; };
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
    hub_.admission().leave(slot->place);
    slot->connection.reset();
    const std::uint32_t generation = slot->generation;
    *slot = Slot{};
    slot->generation = generation;
    free_.push_back(static_cast<std::uint32_t>(number));
    --count_;
}

void Sessions::adopt(int native_socket, const std::string& peer, const Admission::Place& place, const TlsOffer& tls) {
    const std::uint64_t number = take_slot();
    Slot& slot = slots_[static_cast<std::uint32_t>(number)];
    slot.session =
        std::make_unique<Session>(number, options_, host_, hub_.loop(here_).now(), Channel{.starttls = tls.starttls});
    slot.session->set_peer(peer);
    slot.place = place;
    connect(slot, Wire(native_socket), tls);
    if (const auto oldest = hub_.admission().await_login(place, route_of(*slot.session), hub_.loop(here_).now()))
        hub_.on_loop(here_, oldest->loop, [this, oldest] { hub_.sessions(oldest->loop).put_out(*oldest); });
}

void Sessions::connect(Slot& slot, Wire wire, const TlsOffer& tls) {
    Loop& loop = hub_.loop(here_);
    slot.connection = std::make_unique<Connection>(
        loop.io(), loop.turn_end(), std::move(wire), *slot.session,
        [this, number = slot.session->number(), which = ++slot.connections](Connection&) {
            hub_.loop(here_).post([this, number, which] { on_closed(number, which); });
        },
        [&loop] { return loop.now(); });
    slot.connection->offer_tls(tls, [this, &loop, peer = slot.session->peer()] {
        return hub_.admission().reserve_handshake(peer, loop.now());
    });
    slot.connection->start();
}

/// The session may go on without its connection.
void Sessions::on_closed(std::uint64_t number, unsigned connection) {
    Slot* slot = find(number);
    if (!slot || !slot->connection || slot->connections != connection)
        return;
    if (!slot->session->is_detached()) {
        slot->session->on_disconnected("closed");
        return free(number);
    }
    slot->connection.reset();
    await_resumption(*slot);
}

Session* Sessions::open(const std::string& peer) {
    const std::uint64_t number = take_slot();
    Slot& slot = slots_[static_cast<std::uint32_t>(number)];
    slot.session = std::make_unique<Session>(number, options_, host_, hub_.loop(here_).now());
    slot.session->set_peer(peer);
    return slot.session.get();
}

// To the clients.

void Sessions::send(std::uint64_t number, const SharedStanza& stanza) {
    if (Slot* slot = find(number))
        slot->session->send(stanza);
}

void Sessions::send(std::uint64_t number, const Element& stanza) {
    if (Slot* slot = find(number))
        slot->session->send(stanza);
}

void Sessions::close(const Route& route, std::string_view condition, std::string_view text) {
    if (Slot* slot = find(route.session))
        slot->session->close(condition, text);
}

void Sessions::give_up_stuck(std::size_t wanted) {
    std::vector<Session*> stuck;
    for (const Slot& slot : slots_)
        if (slot.session && slot.session->is_stuck())
            stuck.push_back(slot.session.get());
    std::sort(stuck.begin(), stuck.end(), [](const Session* one, const Session* other) {
        return std::pair(one->is_over(), one->unwritten().size()) >
               std::pair(other->is_over(), other->unwritten().size());
    });
    std::size_t freed = 0;
    for (auto each = stuck.begin(); each != stuck.end() && freed < wanted; ++each) {
        freed += (*each)->unwritten().size();
        (*each)->give_up();
    }
}

void Sessions::put_out(const Route& route) {
    if (Slot* slot = find(route.session))
        slot->connection->drop("resource-constraint", hub_.admission().why_put_out());
}

void Sessions::forget_room(std::uint64_t number, const std::string& room) {
    if (Slot* slot = find(number))
        slot->visits.verify(hub_, here_, visitor_of(*slot->session), room, [this, number, room](std::uint64_t led) {
            if (Slot* visiting = find(number))
                visiting->visits.forget(room, led);
        });
}

void Sessions::caught_up(std::uint64_t number) {
    if (Slot* slot = find(number))
        slot->session->leave_unread(false);
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
    hub_.admission().on_login(slot->place);
    answer(full);
    const std::string protocol = slot->connection ? slot->connection->protocol() : std::string();
    spdlog::info("session of {} from {}{}", to_log_text(to_string(full)), slot->session->peer(),
                 protocol.empty() ? protocol : " (" + protocol + ")");
}

void Sessions::shut_down() {
    for (Slot& slot : slots_)
        if (slot.session)
            slot.session->close("system-shutdown", "The gateway is stopped.");
}

// From the clients.

void Sessions::on_stanza(Session& session, Element stanza, Receipt receipt) {
    if (!stanza.has_attribute("to"))
        return on_availability(session, stanza);
    auto to = Jid::parse(stanza.attribute("to"));
    if (!to)
        return session.send(make_error_reply(stanza, {Condition::jid_malformed, to.error().text}));
    if (hub_.is_service(to->domain)) {
        if (to->local.empty())
            return answer_service(hub_, here_, route_of(session), stanza);
        Visits& visits = find(session.number())->visits;
        if (const auto refusal = visits.lead(hub_, here_, visitor_of(session), stanza, *to, std::move(receipt)))
            session.send(*refusal);
        if (visits.is_ahead())
            session.leave_unread(true);
        return;
    }
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
    slot.visits.leave_all(hub_, here_, visitor_of(session), presence);
}

void Sessions::on_end(Session& session, const std::string& why) {
    spdlog::info("session of {} ended: {}", to_log_text(to_string(session.jid())), to_log_text(why));
    Slot& slot = *find(session.number());
    slot.on_bound = nullptr;  // the registry may still be busy with it: its answer finds nobody
    const Visitor visitor = visitor_of(session);
    slot.visits.end(hub_, here_, visitor);
    const unsigned there = hub_.loop_of(visitor.jid.local);
    hub_.on_loop(here_, there, [this, there, visitor] { hub_.registry(there).unbind(visitor.jid, visitor.route); });
    if (const std::string id = session.resumption_id(); !id.empty())
        ended_.add(id, session.jid().bare(), session.handled());
    no_longer_awaited(slot);
    if (!slot.connection)
        hub_.loop(here_).post([this, number = session.number()] { free(number); });
}

}  // namespace mucbridge
