#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "core/utf8.hpp"
#include "gateway/hub.hpp"
#include "gateway/line_entry.hpp"
#include "gateway/second_copies.hpp"

namespace mucbridge {

namespace {

constexpr std::chrono::hours pruned_every{1};
constexpr std::size_t set_aside_shown = 20;

/// A room's name in a rule that is no pattern.
bool is_plain_name(const std::string& room) { return room.find_first_of("{}*") == std::string::npos; }

}  // namespace

/// Rooms first, so that what is spooled and journalled finds them; all of it before anything runs.
Result<void> Hub::restore() {
    auto spooled = store().tables().spool.load();
    if (!spooled)
        return spooled.error();
    if (const auto rooms = restore_rooms(*spooled); !rooms)
        return rooms;
    if (const auto rooms = open_persistent_rooms(); !rooms)
        return rooms;
    if (const auto links = restore_links(*spooled); !links)
        return links;
    replay_journal();
    prune_archive_later();
    return {};
}

Result<void> Hub::restore_rooms(const std::vector<SpooledLine>& spooled) {
    std::map<std::string, std::vector<Said>> by_room;
    for (const SpooledLine& line : spooled)
        if (!line.mirror)
            by_room[to_string(line.said.room)].push_back(line.said);
    const auto kept = store().tables().rooms.load();
    if (!kept)
        return kept.error();
    for (const KeptRoom& room : *kept) {
        const auto restored = rooms(loop_of(room.room)).restore(room, std::move(by_room[room.room]), store().tables());
        // It stays in the store, for whoever mends the rules.
        if (!restored)
            spdlog::error("a persistent room is not restored: {}", to_log_text(restored.error().text));
    }
    return {};
}

Result<void> Hub::open_persistent_rooms() {
    const Config& config = parts_.config;
    std::vector<std::string> domains;
    if (!config.listen.empty() || config.components.empty())
        domains.push_back(config.rooms_domain);
    for (const auto& component : config.components)
        domains.push_back(component.domain);
    for (const RuleConfig& rule : config.rules) {
        if (!rule.persistent || !is_plain_name(rule.room))
            continue;
        for (const auto& domain : domains) {
            const auto address = Jid::parse(rule.room + "@" + domain);
            if (!address)
                return Error{"the room ", rule.room, "@", domain, ": ", address.error().text};
            const auto opened = rooms(loop_of(to_string(*address))).open_persistent(*address);
            if (!opened)
                spdlog::error("the persistent room {} cannot be opened: {}", to_log_text(to_string(*address)),
                              to_log_text(opened.error().text));
        }
    }
    return {};
}

Result<void> Hub::restore_links(const std::vector<SpooledLine>& spooled) {
    Tables& tables = store().tables();
    for (const SpooledLine& line : spooled) {
        if (Link* at = link(line.broker))
            restore_line(*at, line);
        else
            spdlog::warn("a line of room {} waits for the broker {}, which is not configured",
                         to_log_text(to_string(line.said.room)), to_log_text(line.broker));
    }
    for (auto& [name, at] : links_) {
        auto filters = tables.rooms.filters(name);
        if (!filters)
            return filters.error();
        at->restore_filters(std::move(*filters));
        auto set_aside = tables.spool.set_aside_lines(name, set_aside_shown);
        if (!set_aside)
            return set_aside.error();
        at->restore_set_aside(std::move(*set_aside));
    }
    return {};
}

/// By the rules of now: they may send the room elsewhere.
void Hub::restore_line(Link& link, const SpooledLine& line) {
    const std::string room = to_string(line.said.room);
    const auto bound = mapper().bind(line.said.room.local);
    const auto binding = bound ? std::make_shared<const Binding>(*bound) : nullptr;
    const bool has_place = binding && (!line.mirror || *line.mirror < binding->mirrors.size());
    const AddressBinding* place = !has_place ? nullptr : line.mirror ? &binding->mirrors[*line.mirror] : binding.get();
    if (!place || place->broker != line.broker || place->write != line.address)
        return link.set_aside({line.key, room, true, line.said.said_at},
                              "no rule publishes this room at " + line.address + " any longer");
    Window::Entry entry = make_entry(parts_.mapper, binding, line.mirror, line.said);
    entry.id = line.key;
    entry.room = room;
    entry.position = line.position;
    link.restore(std::move(entry));
}

void Hub::replay_journal() {
    if (!journal())
        return;
    for (const auto& config : parts_.config.brokers)
        if (Link* const at = link(config.name))
            at->restore_offsets(journal()->offsets(config.name));
    const auto entries = journal()->take_unsettled(
        [](const std::string& trouble) { spdlog::warn("the journal of deliveries: {}", to_log_text(trouble)); });
    if (!entries.empty())
        spdlog::info("the journal has {} deliveries of earlier processes: those that are in no archive are heard again",
                     entries.size());
    // A second copy was known as one, and is in no archive; no note says so where the process died just then.
    std::set<std::pair<std::string_view, SecondCopies::Heard>> heard;
    for (const Journal::Entry& entry : entries) {
        const Delivery& delivery = entry.delivery;
        if (Link* const at = link(entry.broker))
            at->restore_heard(delivery);
        const bool may_be_copy = delivery.duplicate || (delivery.packet_id != 0 && delivery.qos == 2);
        const bool is_first = heard.emplace(entry.broker, SecondCopies::to_heard(delivery)).second;
        if (may_be_copy && !is_first)
            continue;
        for (unsigned there = 0; there < loop_count_; ++there)
            rooms(there).replay(entry.broker, entry.delivery, store().tables());
    }
}

void Hub::prune_archive_later() {
    const auto age = parts_.config.store.archive_age;
    if (age.count() == 0)
        return;
    loop(link_loop).at(loop(link_loop).now().tick + pruned_every, [this, age] {
        const WallTime before = loop(link_loop).now().wall - age;
        store().write(0, [before, journal = journal()](Tables& tables) -> Result<void> {
            for (bool is_more = true; is_more;) {
                const auto pruned = tables.archive.prune(before, journal ? journal->low() : UINT32_MAX);
                if (!pruned)
                    return pruned.error();
                is_more = *pruned;
            }
            return {};
        });
        prune_archive_later();
    });
}

}  // namespace mucbridge
