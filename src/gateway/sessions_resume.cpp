#include <spdlog/spdlog.h>
#include <charconv>

#include <array>
#include <memory>
#include <utility>

#include "core/unique.hpp"
#include "core/utf8.hpp"
#include "gateway/hub.hpp"
#include "gateway/sessions.hpp"

namespace mucbridge {

namespace {

/// "1.400000002.5f0c...": the loop and the number of the session, and what makes it a secret.
std::optional<Route> parse_resumption_id(std::string_view id, unsigned loops) {
    Route route{0, server_door, 0};
    const char* end = id.data() + id.size();
    const auto [dot, first] = std::from_chars(id.data(), end, route.loop);
    if (first != std::errc() || dot == end || *dot != '.' || route.loop >= loops)
        return std::nullopt;
    const auto [rest, second] = std::from_chars(dot + 1, end, route.session, 16);
    if (second != std::errc() || rest == end || *rest != '.')
        return std::nullopt;
    return route;
}

}  // namespace

std::string Sessions::make_resumption_id(const Session& session) const {
    std::array<char, 16> digits{};
    const auto number = std::to_chars(digits.data(), digits.data() + digits.size(), session.number(), 16);
    return std::to_string(here_) + '.' + std::string(digits.data(), number.ptr) + '.' + make_random_hex(16);
}

/// It is in its rooms still, and what is said there waits for it.
void Sessions::on_detached(Session& session, const std::string& why) {
    spdlog::info("session of {} waits to be resumed: {}", to_log_text(to_string(session.jid())), to_log_text(why));
    Slot& slot = *find(session.number());
    hub_.admission().leave(std::exchange(slot.place, {}));
    if (!slot.connection)
        await_resumption(slot);
}

void Sessions::await_resumption(Slot& slot) {
    Loop& loop = hub_.loop(here_);
    const std::uint64_t number = slot.session->number();
    const Jid account = slot.session->jid().bare();
    if (!waiting_.add(account, number))
        return slot.session->on_disconnected("too many sessions wait to be resumed (limits/connections)");
    if (const auto surplus = waiting_.surplus(account))
        find(*surplus)->session->on_disconnected("too many sessions of this account wait to be resumed");
    slot.resumable_until = loop.at(loop.now().tick + options_.limits.resume_time, [this, number] {
        find(number)->session->on_disconnected("not resumed in time (limits/resume_time)");
    });
    // It may come to its end where nobody looks: what it is sent meanwhile is too much, or another takes its name.
    slot.session->set_wake([this, number] { hub_.loop(here_).post([this, number] { end_if_over(number); }); });
}

void Sessions::no_longer_awaited(Slot& slot) {
    if (!slot.resumable_until)
        return;
    hub_.loop(here_).cancel(*std::exchange(slot.resumable_until, std::nullopt));
    waiting_.remove(slot.session->jid().bare(), slot.session->number());
}

void Sessions::end_if_over(std::uint64_t number) {
    if (Slot* slot = find(number); slot && !slot->connection && slot->session->is_over())
        slot->session->on_disconnected("closed");
}

void Sessions::resume(Session& session, const std::string& id, std::uint32_t h,
                      std::function<void(std::optional<std::uint32_t>)> refuse) {
    const auto to = parse_resumption_id(id, hub_.loop_count());
    if (!to)
        return refuse(std::nullopt);
    find(session.number())->on_not_resumed = std::move(refuse);
    // Posted, so that a session is never given away inside its own call.
    hub_.loop(to->loop).post([this, asked = Resumption{route_of(session), *to, id, session.jid(), h}] {
        hub_.sessions(asked.to.loop).on_resumption(asked);
    });
}

void Sessions::on_resumption(const Resumption& asked) {
    Slot* slot = find(asked.to.session);
    const bool is_it = slot && slot->session->may_resume(asked.id, asked.bare, asked.h);
    // The peer knows better than we do that the old connection is dead.
    if (is_it)
        slot->session->detach("resumed on another connection");
    if (!is_it || !slot->session->is_detached()) {
        // RFC 6120's conflict, the end of its time, or too much that was held back for it, may have met it a moment
        // ago: what it has handled is known still.
        return hub_.on_loop(here_, asked.from.loop, [this, asked, handled = ended_.find(asked.id, asked.bare)] {
            hub_.sessions(asked.from.loop).refuse_resumption(asked, handled);
        });
    }
    slot->connection.reset();
    no_longer_awaited(*slot);
    hub_.loop(asked.from.loop).post([this, asked] { hub_.sessions(asked.from.loop).hand_over(asked); });
}

void Sessions::refuse_resumption(const Resumption& asked, std::optional<std::uint32_t> handled) {
    Slot* slot = find(asked.from.session);
    if (slot && slot->on_not_resumed)
        std::exchange(slot->on_not_resumed, nullptr)(handled);
}

void Sessions::hand_over(const Resumption& asked) {
    Slot* slot = find(asked.from.session);
    const auto moved = std::make_shared<Moved>();
    const bool has_socket = slot && slot->connection;
    if (has_socket)
        moved->wire = slot->connection->release();
    if (slot && !slot->session->is_over() && has_socket == moved->wire.has_value()) {
        moved->stream = slot->session->hand_over();
        hub_.admission().on_login(slot->place);
        moved->place = std::exchange(slot->place, {});
        free(asked.from.session);
    }
    hub_.loop(asked.to.loop).post([this, asked, moved] { hub_.sessions(asked.to.loop).go_on(asked, *moved); });
}

void Sessions::go_on(const Resumption& asked, Moved& moved) {
    Slot* slot = find(asked.to.session);
    if (!slot || !slot->session->is_detached() || !moved.stream) {
        hub_.admission().leave(moved.place);
        if (slot && slot->session->is_detached() && !slot->connection)
            await_resumption(*slot);
        return end_if_over(asked.to.session);
    }
    slot->place = moved.place;
    slot->session->set_wake({});
    if (moved.wire)
        connect(*slot, std::move(*moved.wire));
    slot->session->resume(std::move(*moved.stream), asked.h, hub_.loop(here_).now());
    spdlog::info("session of {} resumed from {}", to_log_text(to_string(slot->session->jid())), slot->session->peer());
}

void Sessions::on_handled(std::uint64_t number, std::uint64_t line) {
    if (Slot* slot = find(number))
        slot->session->on_handled(line);
}

/// Dropped wherever it is, and when the last of the gateway is torn down too.
Receipt Sessions::make_receipt(const Session& session, std::uint64_t line) const {
    if (line == 0)
        return {};
    const auto tell = [guard = hub_.guard(), route = route_of(session), line](const void*) {
        if (const auto hub = guard.lock())
            (*hub)->loop(route.loop).post([hub = *hub, route, line] {
                hub->sessions(route.loop).on_handled(route.session, line);
            });
    };
    return {static_cast<const void*>(this), tell};
}

}  // namespace mucbridge
