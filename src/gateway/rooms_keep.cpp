#include <spdlog/spdlog.h>

#include "core/utf8.hpp"
#include "gateway/hub.hpp"
#include "gateway/kept_room.hpp"

namespace mucbridge {

// What is kept of the room itself: written before it is answered.

void Rooms::perform(Host& host, const KeepRoom&) {
    make_lasting(host);
    host.room.set_archive([this, room = host.name](std::uint64_t before, std::optional<WallTime> since,
                                                   std::size_t most) { return read_past(room, before, since, most); });
    const WallTime since = now().wall;
    host.unsaved.push_back([kept = to_kept(host.room, since)](Tables& tables) { return tables.rooms.put(kept); });
    // What is published from now on is the room's, though nothing was heard before the process ends.
    for (std::size_t i = 0; i <= host.binding->mirrors.size(); ++i) {
        const AddressBinding& place = i == 0 ? *host.binding : host.binding->mirrors[i - 1];
        for (const auto& filter : place.read)
            host.unsaved.push_back([broker = place.broker, filter, since](Tables& tables) {
                return tables.rooms.add_filter(broker, filter, since);
            });
    }
}

void Rooms::perform(Host& host, const KeepOptions&) {
    host.unsaved.push_back([room = host.name, options = write_options(host.room.options())](Tables& tables) {
        return tables.rooms.set_options(room, options);
    });
}

void Rooms::perform(Host& host, const KeepRight& keep) {
    host.unsaved.push_back([room = host.name, right = to_kept(host.room.kept_right(keep.bare))](Tables& tables) {
        return tables.rooms.set_right(room, right);
    });
}

void Rooms::perform(Host& host, const KeepSubject&) {
    host.unsaved.push_back([room = host.name, subject = to_kept(host.room.subject())](Tables& tables) {
        return tables.rooms.set_subject(room, subject);
    });
}

void Rooms::perform(Host& host, const ForgetKept&) {
    if (std::exchange(host.is_lasting, false))
        --hub_.persistent_room_count();
    archiver_.forget(host.name);
    host.unsaved.push_back([room = host.name](Tables& tables) {
        const auto removed = tables.rooms.remove(room);
        return removed ? tables.archive.forget_room(room) : removed;
    });
}

/// Its brokers keep what comes while we are away.
void Rooms::make_lasting(Host& host) {
    if (!std::exchange(host.is_lasting, true))
        ++hub_.persistent_room_count();
    std::vector<std::string> brokers{host.binding->broker};
    for (const AddressBinding& mirror : host.binding->mirrors)
        brokers.push_back(mirror.broker);
    hub_.on_loop(here_, link_loop, [this, brokers] {
        for (const auto& broker : brokers)
            if (Link* link = hub_.link(broker))
                link->keep_session();
    });
}

void Rooms::save(Host& host, Saved saved) {
    auto jobs = std::exchange(host.unsaved, {});
    if (jobs.empty())
        return saved({});
    const auto write = [jobs = std::move(jobs)](Tables& tables) -> Result<void> {
        for (const auto& job : jobs)
            if (const auto done = job(tables); !done)
                return done;
        return {};
    };
    hub_.store().write(
        sizeof write, write,
        [this, saved = std::move(saved), room = host.name, guard = hub_.guard()](const Result<void>& outcome) {
            if (const auto hub = guard.lock())
                (*hub)->loop(here_).post([saved, room, outcome] {
                    if (!outcome)
                        spdlog::error("what is kept of room {} cannot be written: {}", to_log_text(room),
                                      to_log_text(outcome.error().text));
                    if (saved)
                        saved(outcome);
                });
        });
}

void Rooms::hold_until_saved(Host& host, Effects rest, Saved saved) {
    auto held = std::make_shared<Effects>(std::move(rest));
    save(host, [this, room = host.name, held, saved = std::move(saved)](const Result<void>& outcome) {
        if (saved)
            saved(outcome);
        if (Host* still = find(room))
            perform(*still, std::move(*held));
    });
}

std::vector<PastLine> Rooms::read_past(const std::string& room, std::uint64_t before, std::optional<WallTime> since,
                                       std::size_t most) {
    const std::string& path = hub_.store().path();
    if (path == ":memory:")
        return {};
    const auto complain = [&](const Error& error) {
        spdlog::error("the archive of room {} cannot be read: {}", to_log_text(room), to_log_text(error.text));
        return std::vector<PastLine>();
    };
    if (!past_) {
        auto opened = Tables::open(path);
        if (!opened)
            return complain(opened.error());
        past_ = std::move(*opened);
    }
    auto lines = since ? past_->archive.since(room, *since, most, before) : past_->archive.tail(room, most, before);
    return lines ? std::move(*lines) : complain(lines.error());
}

/// Beside the line's being shown, not before it: the delivery's receipt, kept until then, sees to it that nothing is
/// lost.
void Rooms::perform(Host& host, KeepLine& keep) {
    ++counters_.archived;
    archiver_.add(host.name, {keep.line.number, keep.journal, std::move(keep.receipt), std::move(keep.line)});
}

void Rooms::perform(Host& host, KeepEcho& keep) {
    archiver_.add(host.name, {keep.number, keep.journal, std::move(keep.receipt), {}});
}

}  // namespace mucbridge
