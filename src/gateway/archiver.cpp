#include "gateway/archiver.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>

#include "core/utf8.hpp"
#include "gateway/hub.hpp"

namespace mucbridge {

namespace {

/// A disk that is slow or fails does not fill the memory: lines wait for it, up to so many bytes of a loop; the journal
/// has those beyond, and gives them to the next process.
constexpr std::size_t most_waiting_bytes = 64 * 1024 * 1024;
/// A write longer than this would hold up those of other rooms.
constexpr std::size_t most_at_once = 500;
/// Archives are longer than they may be by fewer than so many lines, and those that are written at once.
constexpr std::uint64_t pruned_every = 100;
constexpr std::chrono::seconds tried_again_after{5};

std::size_t bytes_of(const Archiver::Item& item) {
    return sizeof item + (item.line ? item.line->line.body.value_or("").size() : 0);
}

std::size_t bytes_of(const std::vector<Archiver::Item>& items) {
    std::size_t bytes = 0;
    for (const Archiver::Item& item : items)
        bytes += bytes_of(item);
    return bytes;
}

Result<void> put(Archive& archive, const std::string& room, const std::vector<Archiver::Item>& items) {
    for (const Archiver::Item& item : items) {
        const auto done = item.line ? archive.put(room, *item.line, item.journal)
                                    : archive.note_journal(room, item.number, item.journal);
        if (!done)
            return done;
    }
    return {};
}

}  // namespace

void Archiver::add(const std::string& room, Item item) {
    const std::size_t bytes = bytes_of(item);
    if (waiting_bytes_ + hub_.store().waiting_bytes() + bytes > most_waiting_bytes) {
        if (left_to_journal_.empty())
            spdlog::error(
                "room {}: more than {} MiB wait to be archived: the next process archives what it finds in the journal",
                to_log_text(room), most_waiting_bytes >> 20);
        left_to_journal_.push_back(std::move(item.receipt));
        return;
    }
    Queue& queue = queues_[room];
    queue.waiting.push_back(std::move(item));
    waiting_bytes_ += bytes;
    if (!queue.writing)
        write_next(room, queue);
}

void Archiver::forget(const std::string& room) {
    if (const auto found = queues_.find(room); found != queues_.end()) {
        for (const Item& item : found->second.waiting)
            waiting_bytes_ -= bytes_of(item);
        queues_.erase(found);
    }
}

void Archiver::write_next(const std::string& room, Queue& queue) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(queue.waiting.size(), most_at_once));
    const auto first = queue.waiting.begin();
    queue.writing = std::make_shared<const Batch>(std::move_iterator(first), std::move_iterator(first + count));
    queue.waiting.erase(first, first + count);
    const std::size_t bytes = bytes_of(*queue.writing);
    waiting_bytes_ -= bytes;
    write(room, queue.writing, bytes);
}

void Archiver::write(const std::string& room, const std::shared_ptr<const Batch>& batch, std::size_t bytes) {
    const std::uint64_t most = hub_.config().store.archive_lines;
    const std::uint64_t first = batch->front().number, last = batch->back().number;
    const bool is_time_to_prune = most > 0 && last > most && (first - 1) / pruned_every != last / pruned_every;
    hub_.store().write(
        bytes,
        [room, batch, most, last, is_time_to_prune, journal = hub_.journal()](Tables& tables) {
            const auto done = put(tables.archive, room, *batch);
            if (!done || !is_time_to_prune)
                return done;
            return tables.archive.prune_room(room, last - most + 1, journal ? journal->low() : UINT32_MAX);
        },
        [this, room, batch, guard = hub_.guard()](const Result<void>& outcome) {
            if (const auto hub = guard.lock())
                (*hub)->loop(here_).post([this, room, batch, outcome] { on_written(room, batch, outcome); });
        });
}

void Archiver::on_written(const std::string& room, const std::shared_ptr<const Batch>& batch,
                          const Result<void>& outcome) {
    const auto found = queues_.find(room);
    if (found == queues_.end() || found->second.writing != batch)
        return;  // forgotten
    Queue& queue = found->second;
    if (!outcome) {
        if (!std::exchange(is_failing_, true))
            spdlog::error("what persistent rooms say cannot be archived, and is tried again every {} s: {}",
                          tried_again_after.count(), to_log_text(outcome.error().text));
        Loop& loop = hub_.loop(here_);
        if (failed_.empty())
            loop.at(loop.now().tick + tried_again_after, [this] { write_again(); });
        failed_.push_back(room);
        return;
    }
    if (failed_.empty() && std::exchange(is_failing_, false))
        spdlog::info("what persistent rooms say is archived again");
    const std::uint64_t last = batch->back().number;
    queue.writing.reset();
    if (queue.waiting.empty())
        queues_.erase(found);
    else
        write_next(room, queue);
    archived_(room, last);
}

void Archiver::write_again() {
    for (const std::string& room : std::exchange(failed_, {}))
        if (const auto found = queues_.find(room); found != queues_.end())
            write(room, found->second.writing, bytes_of(*found->second.writing));
}

void Archiver::flush() {
    write_again();
    for (auto& [room, queue] : queues_)
        while (!queue.waiting.empty())
            write_next(room, queue);
}

std::size_t Archiver::waiting_again() const {
    std::size_t count = 0;
    for (const std::string& room : failed_)
        if (const auto found = queues_.find(room); found != queues_.end())
            count += found->second.waiting.size() + found->second.writing->size();
    return count;
}

}  // namespace mucbridge
