#include "gateway/registry.hpp"

#include "gateway/hub.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge {

void Registry::confirm(const Jid& full, const Route& route) {
    hub_.on_loop(here_, route.loop, [this, full, route] { hub_.sessions(route.loop).on_bound(route, full); });
}

void Registry::bind(const Jid& full, const Route& route) {
    auto& resources = users_[full.local];
    const auto [found, is_new] = resources.try_emplace(full.resource, Entry{route, false, {}});
    if (is_new)
        return confirm(full, route);
    Entry& holder = found->second;
    if (holder.successor)
        hub_.on_loop(here_, holder.successor->loop, [this, loser = *holder.successor] {
            hub_.sessions(loser.loop).close(loser, "conflict", "Another session took this resource.");
        });
    holder.successor = route;
    // Posted, so that a session is never closed inside its own call.
    hub_.loop(holder.route.loop).post([this, old = holder.route] {
        hub_.sessions(old.loop).close(old, "conflict", "Another session took this resource.");
    });
}

void Registry::unbind(const Jid& full, const Route& route) {
    const auto user = users_.find(full.local);
    if (user == users_.end())
        return;
    const auto found = user->second.find(full.resource);
    if (found == user->second.end())
        return;
    Entry& entry = found->second;
    if (entry.route == route) {
        if (entry.successor) {
            entry = Entry{*entry.successor, false, {}};
            return confirm(full, entry.route);
        }
        user->second.erase(found);
    } else if (entry.successor == route) {
        entry.successor.reset();
    }
    if (user->second.empty())
        users_.erase(user);
}

void Registry::on_availability(const Jid& full, bool available) {
    const auto user = users_.find(full.local);
    if (user == users_.end())
        return;
    if (const auto found = user->second.find(full.resource); found != user->second.end())
        found->second.is_available = available;
}

bool Registry::deliver(const Jid& to, const Element& stanza) {
    const auto user = users_.find(to.local);
    if (user == users_.end())
        return false;
    const auto& resources = user->second;
    if (const auto exact = resources.find(to.resource); !to.resource.empty() && exact != resources.end()) {
        hub_.tell_element(here_, exact->second.route, stanza);
        return true;
    }
    const std::string_view type = stanza.attribute("type");
    bool is_delivered = false;
    if (stanza.name == "message" && type != "groupchat" && type != "error") {
        for (const auto& [resource, entry] : resources) {
            if (!entry.is_available)
                continue;
            hub_.tell_element(here_, entry.route, stanza);
            is_delivered = true;
        }
    }
    return is_delivered;
}

void Registry::on_stanza(const Route& from, const Element& stanza, const Jid& to) {
    // Presence to somebody who is not there is dropped; RFC 6121 §8.5.1, §8.5.2.2.2.
    if (!deliver(to, stanza) && stanza.name != "presence" && may_be_refused(stanza))
        hub_.tell_element(here_, from, make_error_reply(stanza, {Condition::service_unavailable, {}}));
}

}  // namespace mucbridge
