#include <spdlog/spdlog.h>

#include <algorithm>

#include "core/utf8.hpp"
#include "gateway/hub.hpp"
#include "gateway/line_entry.hpp"
#include "gateway/line_key.hpp"
#include "gateway/muc_stanzas.hpp"

namespace mucbridge {

namespace {

std::shared_ptr<const SharedStanza> share(SharedStanza stanza) {
    return std::make_shared<const SharedStanza>(std::move(stanza));
}

/// The turn that it comes of goes with it to the loops of all who are told.
std::shared_ptr<const SharedStanza> share(SharedStanza stanza, std::shared_ptr<const Turn> turn) {
    if (!turn)
        return share(std::move(stanza));
    struct Both {
        SharedStanza stanza;
        std::shared_ptr<const Turn> turn;
    };
    auto both = std::make_shared<const Both>(Both{std::move(stanza), std::move(turn)});
    return {both, &both->stanza};
}

}  // namespace

void Rooms::perform(Host& host, Effects effects, Saved saved) {
    for (auto effect = effects.begin(); effect != effects.end(); ++effect) {
        std::visit([&](auto& wanted) { perform(host, wanted); }, *effect);
        // To say a new subject is to answer whoever set it.
        if (std::holds_alternative<KeepSubject>(*effect) && effect + 1 != effects.end())
            return hold_until_saved(host, {std::make_move_iterator(effect + 1), std::make_move_iterator(effects.end())},
                                    std::move(saved));
    }
    if (saved || !host.unsaved.empty())
        save(host, std::move(saved));
    if (host.is_closed) {
        if (host.alarm)
            hub_.loop(here_).cancel(*host.alarm);
        closed_.add(host.name, now().wall);
        hosts_.erase(std::string(host.name));
        --hub_.room_count();
        return;
    }
    set_alarm(host);
}

void Rooms::set_alarm(Host& host) {
    Loop& loop = hub_.loop(here_);
    const auto wanted = host.room.next_tick();
    // An early alarm finds nothing to do and asks again.
    if (!wanted || (host.alarm && host.alarm->first <= *wanted))
        return;
    if (host.alarm)
        loop.cancel(*host.alarm);
    host.alarm = loop.at(*wanted, [this, name = host.name] {
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
            hub_.forget_room(here_, route, host.name);
}

void Rooms::perform(Host& host, const ShowLine& show) {
    if (show.line.body && !show.delayed)
        ++counters_.said;
    hub_.tell(here_, show.to, share(write_line(host.room.address(), show), turn_));
}

void Rooms::perform(Host& host, const ShowPrivate& show) {
    hub_.tell(here_, show.to, share(write_private(host.room.address(), show)));
}

void Rooms::perform(Host& host, const ShowAffiliation& show) {
    hub_.tell(here_, show.to, share(write_affiliation(host.room.address(), show)));
}

void Rooms::perform(Host& host, const ShowConfigured& show) {
    hub_.tell(here_, show.to, share(write_configured(host.room.address(), show)));
}

void Rooms::perform(Host& host, const Invite& invite) {
    hub_.tell_jid(here_, invite.to, make_invitation(host.room.address(), invite));
}

void Rooms::perform(Host& host, const ShowDecline& show) {
    hub_.tell(here_, show.to, share(write_decline(host.room.address(), show)));
}

void Rooms::perform(Host& host, const AskForVoice& ask) {
    hub_.tell(here_, ask.to, share(write_voice_request(host.room.address(), ask)));
}

void Rooms::perform(Host& host, const Refuse& refuse) {
    if (refuse.kind == Refuse::Kind::message) {
        ++counters_.refused;
        resent_.forget(host.name, refuse.id, refuse.to);
    }
    hub_.tell(here_, refuse.to, share(write_refusal(host.room.address(), refuse)));
}

void Rooms::perform(Host& host, const Notice& notice) {
    hub_.tell(here_, notice.to, share(write_notice(host.room.address(), notice)));
}

void Rooms::perform(Host& host, Publish& publish) {
    ++counters_.published;
    this->publish(host, std::nullopt, std::move(publish.said));
}

void Rooms::perform(Host& host, Mirror& mirror) {
    ++counters_.mirrored;
    publish(host, mirror.mirror, std::move(mirror.said));
}

void Rooms::perform(Host&, const NotMirrored&) { ++counters_.not_mirrored; }

void Rooms::publish(const Host& host, std::optional<std::size_t> mirror, Said said) {
    Window::Entry entry = make_entry(hub_.shared_mapper(), host.binding, mirror, std::move(said));
    entry.id = make_line_key(host.name, {mirror, entry.said.line.stanza_id});
    entry.room = host.name;
    hub_.on_loop(here_, link_loop, [this, broker = host.place(mirror).broker, entry = std::move(entry)]() mutable {
        if (Link* link = hub_.link(broker))
            link->publish(std::move(entry));
    });
}

void Rooms::perform(Host& host, const Home& home) {
    free_place(host.binding->broker, make_line_key(host.name, {std::nullopt, home.stanza_id}));
}

void Rooms::free_place(const std::string& broker, const std::string& key) {
    const auto free = [this](const std::string& at, const std::string& line) {
        if (Link* link = hub_.link(at))
            link->home(line);
    };
    hub_.on_loop(here_, link_loop, free, broker, key);
}

void Rooms::perform(Host&, const EchoMissed& missed) {
    ++(missed.is_said ? counters_.not_echoed : counters_.not_confirmed);
}

void Rooms::perform(Host& host, const Subscribe& subscribe) {
    const AddressBinding& place = host.place(subscribe.mirror);
    for (const auto& filter : place.read)
        host.answers_of(subscribe.mirror)[filter].reset();
    hub_.on_loop(here_, link_loop, [this, room = host.name, place] {
        if (Link* link = hub_.link(place.broker))
            for (const auto& filter : place.read)
                link->subscribe(room, filter, {place.qos, place.queue});
    });
}

void Rooms::perform(Host& host, const Unsubscribe& unsubscribe) {
    host.answers_of(unsubscribe.mirror).clear();
    hub_.on_loop(here_, link_loop, [this, room = host.name, place = host.place(unsubscribe.mirror)] {
        if (Link* link = hub_.link(place.broker))
            for (const auto& filter : place.read)
                link->unsubscribe(room, filter);
    });
}

void Rooms::perform(Host& host, const Close&) { host.is_closed = true; }

void Rooms::perform(Host& host, const Warn& warn) {
    spdlog::warn("room {}: {}", to_log_text(to_string(host.room.address())), to_log_text(warn.text));
}

}  // namespace mucbridge
