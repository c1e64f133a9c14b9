#include "gateway/visits.hpp"

#include <utility>

#include "gateway/hub.hpp"
#include "gateway/muc_stanzas.hpp"

namespace mucbridge {

namespace {
constexpr unsigned most_underway = 64, few_underway = 32;
}

bool Visits::is_ahead() const { return *underway_ >= most_underway; }

void Visits::pass_on(Hub& hub, unsigned here, const Visitor& visitor, const Element& stanza, const Jid& to,
                     Receipt receipt) {
    const unsigned there = hub.loop_of(to_string(to.bare()));
    // What crosses to another loop is copied, and waits there: its mailbox has no bound but what sessions may lead to
    // it.
    if (there == here)
        return hub.rooms(here).on_stanza(visitor, stanza, to, std::move(receipt));
    ++*underway_;
    hub.loop(there).post([&hub, there, visitor, stanza, to, underway = underway_, receipt = std::move(receipt)] {
        hub.rooms(there).on_stanza(visitor, stanza, to, receipt);
        if (--*underway == few_underway)
            hub.catch_up(there, visitor.route);
    });
}

std::optional<Element> Visits::lead(Hub& hub, unsigned here, const Visitor& visitor, const Element& stanza,
                                    const Jid& to, Receipt receipt) {
    if (stanza.name == "presence" && stanza.attribute("type").empty() && !to.resource.empty()) {
        const auto [room, is_new] = rooms_.try_emplace(to_string(to.bare()));
        if (const std::size_t limit = hub.config().limits.rooms_per_session; is_new && rooms_.size() > limit) {
            rooms_.erase(room);
            return make_room_refusal(to.bare(), stanza,
                                     {Condition::resource_constraint, "A session may be in " + std::to_string(limit) +
                                                                          " rooms (limits/rooms_per_session)."});
        }
        room->second = {to.resource, ++last_led_};
    }
    pass_on(hub, here, visitor, stanza, to, std::move(receipt));
    return std::nullopt;
}

void Visits::verify(Hub& hub, unsigned here, const Visitor& visitor, const std::string& room,
                    std::function<void(std::uint64_t)> forget) const {
    const auto visit = rooms_.find(room);
    if (visit == rooms_.end())
        return;
    const unsigned there = hub.loop_of(room);
    hub.on_loop(here, there, [&hub, here, there, visitor, room, led = visit->second.led, forget = std::move(forget)] {
        if (!hub.rooms(there).knows(room, visitor.jid))
            hub.on_loop(there, here, [forget, led] { forget(led); });
    });
}

void Visits::forget(const std::string& room, std::uint64_t led) {
    if (const auto visit = rooms_.find(room); visit != rooms_.end() && visit->second.led == led)
        rooms_.erase(visit);
}

void Visits::leave_all(Hub& hub, unsigned here, const Visitor& visitor, const Element& presence) {
    for (const auto& [room, visit] : std::exchange(rooms_, {}))
        if (const auto to = Jid::parse(room))
            pass_on(hub, here, visitor, presence, *to);
}

void Visits::end(Hub& hub, unsigned here, const Visitor& visitor) {
    for (const auto& [room, visit] : std::exchange(rooms_, {})) {
        const unsigned there = hub.loop_of(room);
        hub.on_loop(here, there, [&hub, there, visitor, name = room] { hub.rooms(there).on_gone(visitor, name); });
    }
}

}  // namespace mucbridge
