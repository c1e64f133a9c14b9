#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>

#include "core/utf8.hpp"
#include "gateway/hub.hpp"
#include "gateway/kept_room.hpp"

namespace mucbridge {

namespace {

/// Of a room's past so many lines are known again when a copy comes; what is older than those is a replay.
constexpr std::size_t lines_known_again = 2000;

/// And all that was shown since the first of those that are spooled was said: most of it are these.
Result<std::vector<PastLine>> read_known_again(const std::string& room, const std::vector<Said>& spooled,
                                               Archive& archive) {
    auto latest = archive.tail(room, lines_known_again);
    if (!latest || spooled.empty() || latest->size() < lines_known_again)
        return latest;
    const WallTime first_said = std::ranges::min(spooled, {}, &Said::said_at).said_at;
    if (latest->front().shown_at <= first_said)
        return latest;
    return archive.since(room, first_said, std::numeric_limits<std::size_t>::max(), latest->back().number + 1);
}

}  // namespace

Result<void> Rooms::restore(const KeptRoom& kept, std::vector<Said> spooled, Tables& tables) {
    const auto address = Jid::parse(kept.room);
    if (!address)
        return Error{"the room ", kept.room, ": ", address.error().text};
    auto restored = to_restored(kept);
    if (!restored)
        return Error{"the room ", kept.room, ": ", restored.error().text};
    const auto opened = open(*address);
    if (!opened)
        return Error{"the room ", kept.room, ": ", opened.error().text};
    RestoredLines lines;
    auto past = read_known_again(kept.room, spooled, tables.archive);
    if (!past)
        return past.error();
    lines.past = std::move(*past);
    lines.is_all = lines.past.size() < lines_known_again;
    lines.next_number = lines.past.empty() ? 1 : lines.past.back().number + 1;
    lines.spooled = std::move(spooled);
    lines.archive = [this, room = kept.room](std::uint64_t before, std::optional<WallTime> since, std::size_t most) {
        return read_past(room, before, since, most);
    };
    Host& host = **opened;
    host.is_configured = true;
    make_lasting(host);
    perform(host, host.room.restore(std::move(*restored), now()));
    perform(host, host.room.restore_lines(std::move(lines), now()));
    return {};
}

Result<void> Rooms::open_persistent(const Jid& address) {
    if (find(address))
        return {};
    const auto opened = open(address);
    if (!opened)
        return opened.error();
    Host& host = **opened;
    perform(host, host.room.restore({}, now()));
    perform(host, Effects{KeepRoom{}});
    return {};
}

/// Rooms that are not persistent have forgotten who was to hear it.
void Rooms::replay(const std::string& broker, const Delivery& delivery, Tables& tables) {
    for (const auto& [name, host] : hosts_) {
        if (!host->is_lasting || !find_source(*host->binding, broker, delivery.address, delivery.filter))
            continue;
        const auto is_archived = tables.archive.has_journal(name, delivery.journal);
        if (!is_archived)
            spdlog::error("the archive of room {} cannot be read, and so perhaps a line is heard twice: {}",
                          to_log_text(name), to_log_text(is_archived.error().text));
        if (!is_archived || !*is_archived)
            hub_.loop(here_).post([this, broker, room = name, delivery] {
                if (Host* hearer = find(room))
                    on_delivery(*hearer, broker, delivery);
            });
    }
}

}  // namespace mucbridge
