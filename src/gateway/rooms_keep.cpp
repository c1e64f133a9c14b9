#include <spdlog/spdlog.h>

#include "core/utf8.hpp"
#include "gateway/hub.hpp"

namespace mucbridge {

namespace {

/// What the disk does not take is offered again, up to so many lines of a loop; the journal has those beyond, and gives
/// them to the next process.
constexpr std::size_t most_offered_again = 10000;
constexpr std::chrono::seconds offered_again_after{5};

}  // namespace

/// Beside the line's being shown, not before it: the delivery's receipt, kept until then, sees to it that nothing is
/// lost.
void Rooms::perform(Host& host, KeepLine& keep) {
    ++counters_.archived;
    archive(host.name, std::make_shared<const KeepLine>(std::move(keep)));
}

void Rooms::archive(const std::string& room, std::shared_ptr<const KeepLine> keep) {
    const std::size_t bytes = sizeof(KeepLine) + keep->line.line.body.value_or("").size();
    hub_.store().write(
        bytes, [room, keep](Tables& tables) { return tables.archive.put(room, keep->line, keep->journal); },
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
