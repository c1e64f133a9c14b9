#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/message.hpp"
#include "core/receipt.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace mucbridge {

/// What brokers delivered and we acknowledged, until the rooms have it safe: an append-only file in segments, one
/// write() a delivery and no fsync, so that it survives the end of the process and not that of the power.
///
/// A delivery's receipt is kept by whoever has yet to archive it; when the last one lets go the entry is settled. A
/// segment goes when all of it is. After a crash what was not settled is read again, with its number, time and id.
///
/// Of a stream, which gives again whatever is asked for, the journal keeps the offset of the last delivery as well, for
/// as long as it is not forgotten: it is written with the delivery, so that no crash comes between the two.
/// Callable from any thread.
class Journal {
public:
    struct Entry {
        std::string broker;  // its name in the configuration
        Delivery delivery;   // with its number, stanza_id and heard_at
    };

    /// Opens DIRECTORY (made 0700 where it is absent) and begins a new segment there. `number_after`: entries are
    /// numbered above that and above whatever is in the directory. Errors name the path.
    static Result<std::unique_ptr<Journal>> open(const std::string& directory, std::uint64_t number_after,
                                                 std::size_t segment_bytes = 4 * 1024 * 1024);
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// The entries of earlier processes, in their order, each with a receipt in its delivery; once. What is torn or
    /// damaged ends its segment and is told by `told`.
    std::vector<Entry> take_unsettled(const std::function<void(const std::string& trouble)>& told);

    /// Numbers the delivery and gives it its receipt; heard_at and stanza_id are written as they are. On an error it is
    /// in no journal, and has no receipt.
    Result<void> append(const std::string& broker, Delivery& delivery);
    /// The entry of that number was heard before, under another one: it is in no archive, and is not read again.
    void note_copy(std::uint64_t number);
    /// Of the broker's streams, by filter: the offset of the last delivery that was appended.
    std::map<std::string, std::uint64_t> offsets(const std::string& broker) const;
    void forget_offset(const std::string& broker, const std::string& filter);
    /// No entry below will be read again by a later process. Those that are settled are, while their segment is there.
    std::uint64_t low() const;

private:
    struct Impl;
    explicit Journal(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<Impl> impl_;  // receipts know it weakly: what outlives the journal settles nothing
};

}  // namespace mucbridge
