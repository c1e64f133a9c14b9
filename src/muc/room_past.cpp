#include <algorithm>
#include <functional>
#include <unordered_map>

#include "muc/nick.hpp"
#include "muc/room.hpp"

namespace mucbridge {

void Room::set_archive(History::Archive archive) { history_.set_archive(std::move(archive), {}, 1); }

/// What is known of the past stays known: a line that was said is not said again, and one that was published later than
/// the earliest of those is no replay.
Effects Room::restore_lines(RestoredLines restored, Now now) {
    std::unordered_map<std::string, std::uint64_t> numbers;
    for (const PastLine& line : restored.past) {
        const std::string& id = line.line.stanza_id;
        numbers.emplace(id, line.number);
        ids_of(id).add(id, {line.published_at, line.is_ours});
        if (!line.heard_id.empty())
            foreign_.add(line.heard_id, {line.published_at, false});
        if (!line.is_ours && line.line.body)
            restored_words_.insert(std::hash<std::string>{}(*line.line.body));
    }
    if (restored.is_all)
        born_ = WallTime::min() + std::chrono::hours{1};
    else if (!restored.past.empty())
        born_ = std::ranges::min(restored.past, {}, &PastLine::published_at).published_at;
    history_.set_archive(std::move(restored.archive), std::move(restored.past), restored.next_number);
    Effects effects;
    for (Said& said : restored.spooled) {
        OwnLine line;
        line.speaker =
            std::make_shared<const Speaker>(Speaker{said.nick, fold_nick(said.nick), {}, {}, std::move(said.occupant)});
        line.line = std::move(said.line);
        if (!is_known(line.line.answers))
            line.line.answers.clear();  // the spool has what its address knows it by
        line.address = home_;
        line.said_at = said.said_at;
        OwnLine& added = in_flight_.add(std::move(line));
        in_flight_.on_published(added, !wiring_.carries_properties);
        if (const auto archived = numbers.find(added.line.stanza_id); archived != numbers.end())
            added.past = archived->second;
        else  // the process died between the disk's answer and the archive's
            say(effects, added, *added.line.body, now.wall, now);
        in_flight_.on_shown(added);
    }
    return effects;
}

/// What is retained comes again with each subscription, also of a process that has not seen it.
bool Room::was_said_before(const Heard& retained) const {
    return restored_words_.contains(std::hash<std::string>{}(retained.body));
}

}  // namespace mucbridge
