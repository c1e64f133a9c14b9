#include <spdlog/spdlog.h>

#include "core/utf8.hpp"
#include "gateway/hub.hpp"
#include "gateway/kept_room.hpp"

namespace mucbridge {

namespace {

/// What the disk does not take is offered again, up to so many lines of a loop; the journal has those beyond, and gives
/// them to the next process.
constexpr std::size_t most_offered_again = 10000;
/// Archives are longer than they may be by fewer than so many lines.
constexpr std::uint64_t pruned_every = 100;
constexpr std::size_t most_waiting_bytes = 64 * 1024 * 1024;
constexpr std::chrono::seconds offered_again_after{5};

}  // namespace

// What is kept of the room itself: written before it is answered.

void Rooms::perform(Host& host, const KeepRoom&) {
    make_lasting(host);
    host.room.set_archive([this, room = host.name](std::uint64_t before, std::optional<WallTime> since,
                                                   std::size_t most) { return read_past(room, before, since, most); });
    host.unsaved.push_back([kept = to_kept(host.room, now().wall)](Tables& tables) { return tables.rooms.put(kept); });
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
    if (!past_ && path != ":memory:") {
        if (auto opened = Tables::open(path))
            past_ = std::move(*opened);
    }
    if (!past_)
        return {};
    auto lines = since ? past_->archive.since(room, *since, most, before) : past_->archive.tail(room, most, before);
    if (!lines) {
        spdlog::error("the archive of room {} cannot be read: {}", to_log_text(room), to_log_text(lines.error().text));
        return {};
    }
    return std::move(*lines);
}

// What it says: written beside its being shown.

/// Beside the line's being shown, not before it: the delivery's receipt, kept until then, sees to it that nothing is
/// lost.
void Rooms::perform(Host& host, KeepLine& keep) {
    ++counters_.archived;
    archive(host.name, std::make_shared<const KeepLine>(std::move(keep)));
}

void Rooms::archive(const std::string& room, std::shared_ptr<const KeepLine> keep) {
    // A disk that stands still does not fill the memory.
    if (hub_.store().waiting_bytes() > most_waiting_bytes)
        return on_archived(room, keep, Error{"the disk is behind by more than 64 MiB"});
    const std::size_t bytes = sizeof(KeepLine) + keep->line.line.body.value_or("").size();
    const std::size_t most = hub_.config().store.archive_lines;
    const bool is_time_to_prune = most > 0 && keep->line.number > most && keep->line.number % pruned_every == 0;
    hub_.store().write(
        bytes,
        [room, keep, most, is_time_to_prune, journal = hub_.journal()](Tables& tables) {
            const auto put = tables.archive.put(room, keep->line, keep->journal);
            if (!put || !is_time_to_prune)
                return put;
            return tables.archive.prune_room(room, keep->line.number - most + 1, journal ? journal->low() : UINT32_MAX);
        },
        [this, room, keep, guard = hub_.guard()](const Result<void>& outcome) {
            if (const auto hub = guard.lock())
                (*hub)->loop(here_).post([this, room, keep, outcome] { on_archived(room, keep, outcome); });
        });
}

void Rooms::on_archived(const std::string& room, const std::shared_ptr<const KeepLine>& keep,
                        const Result<void>& outcome) {
    if (outcome) {
        if (Host* still = find(room))
            still->room.on_archived(keep->line.number);
        return;
    }
    if (not_archived_.empty()) {
        spdlog::error("what persistent rooms say cannot be archived, and is tried again every {} s: {}",
                      offered_again_after.count(), to_log_text(outcome.error().text));
        hub_.loop(here_).at(now().tick + offered_again_after, [this] { archive_again(); });
    }
    if (not_archived_.size() < most_offered_again)
        not_archived_.emplace_back(room, keep);
    else
        left_to_journal_.push_back(keep->receipt);
}

void Rooms::archive_again() {
    for (auto& [room, keep] : std::exchange(not_archived_, {}))
        archive(room, std::move(keep));
}

}  // namespace mucbridge
