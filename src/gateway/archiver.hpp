#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/past_line.hpp"
#include "core/receipt.hpp"
#include "core/result.hpp"

namespace mucbridge {

class Hub;

/// Brings what the persistent rooms of a loop say to the archive, beside its being shown. Of each room one write is
/// under way at a time, and what is said meanwhile is the next one: so the archive never lacks a line of which it has a
/// later one, whatever dies. What the disk does not take is tried again. Lives on that loop.
class Archiver {
public:
    /// All of the room up to that number is in the archive.
    using Archived = std::function<void(const std::string& room, std::uint64_t number)>;

    Archiver(Hub& hub, unsigned loop, Archived archived) : hub_(hub), here_(loop), archived_(std::move(archived)) {}

    struct Item {
        std::uint64_t number;          // of the line in the room
        std::uint64_t journal;         // of the delivery that brought it; 0: none
        Receipt receipt;               // of that, until it is archived
        std::optional<PastLine> line;  // none: archived before, and brought by that delivery since
    };
    void add(const std::string& room, Item item);
    /// The room is kept no longer: what is not under way is dropped.
    void forget(const std::string& room);
    /// Once the loop has ended: the store is asked for all that waits.
    void flush();
    /// Of lines that the disk did not take.
    std::size_t waiting_again() const;

private:
    using Batch = std::vector<Item>;
    struct Queue {
        std::deque<Item> waiting;
        std::shared_ptr<const Batch> writing;  // under way, or failed and to be tried again
    };

    void write_next(const std::string& room, Queue& queue);
    void write(const std::string& room, const std::shared_ptr<const Batch>& batch, std::size_t bytes);
    void on_written(const std::string& room, const std::shared_ptr<const Batch>& batch, const Result<void>& outcome);
    void write_again();

    Hub& hub_;
    const unsigned here_;
    Archived archived_;
    std::unordered_map<std::string, Queue> queues_;  // of rooms that have lines on the way
    std::vector<std::string> failed_;                // rooms whose write is to be tried again
    bool is_failing_ = false;
    std::size_t waiting_bytes_ = 0;  // in the queues, those under way left out
    std::vector<Receipt> left_to_journal_;
};

}  // namespace mucbridge
