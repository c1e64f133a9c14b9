#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/past_line.hpp"
#include "store/database.hpp"

namespace mucbridge {

/// What persistent rooms said. A room is named by its bare JID. One thread's at a time.
class Archive {
public:
    static Result<Archive> open(Database& database);

    /// `journal`: the number of the delivery that it came with, 0 for none. A line that is there already (the same
    /// number in the same room) stays as it was.
    Result<void> put(std::string_view room, const PastLine& line, std::uint64_t journal);
    /// The line of that number, where it came with no delivery, came with this one as well.
    Result<void> note_journal(std::string_view room, std::uint64_t number, std::uint64_t journal);
    /// The latest, at most so many, numbered below `before`, oldest first.
    Result<std::vector<PastLine>> tail(std::string_view room, std::size_t most,
                                       std::uint64_t before = std::uint64_t{1} << 62);
    /// As above, of those shown at this time or later.
    Result<std::vector<PastLine>> since(std::string_view room, WallTime shown_at, std::size_t most,
                                        std::uint64_t before);
    /// Is the delivery of this number in this room's archive.
    Result<bool> has_journal(std::string_view room, std::uint64_t journal);
    /// The highest such number in any room's archive, 0 for none.
    Result<std::uint64_t> last_journal();
    Result<void> forget_room(std::string_view room);
    // Neither drops what a delivery numbered `journal_low` or above brought: it may be read again.
    /// Of that room what is numbered `below`.
    Result<void> prune_room(std::string_view room, std::uint64_t below, std::uint64_t journal_low);
    /// What was shown earlier, in portions: true while there may be more.
    Result<bool> prune(WallTime shown_before, std::uint64_t journal_low);

private:
    Archive(Database& database, Statement put, Statement note, Statement tail, Statement since, Statement prune)
        : database_(&database),
          put_(std::move(put)),
          note_(std::move(note)),
          tail_(std::move(tail)),
          since_(std::move(since)),
          prune_(std::move(prune)) {}
    Database* database_;
    Statement put_, note_, tail_, since_, prune_;
};

}  // namespace mucbridge
