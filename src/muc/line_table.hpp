#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "core/message.hpp"
#include "core/receipt.hpp"
#include "core/time.hpp"
#include "muc/occupants.hpp"

namespace mucbridge {

/// Something that is shown but not published, and waits behind a line of the same speaker.
struct Unpublished {
    std::shared_ptr<const Speaker> speaker;
    Line line;
};

/// Where a line comes from that no occupant here has said.
struct Carried {
    std::size_t mirror = 0;   // that delivered it
    std::string origin = {};  // the gateway whose occupant said it; empty: a publisher
};

/// An occupant's line with a body, or one that a mirror delivered, from when the room took it until it is known what
/// became of it.
struct OwnLine {
    std::uint64_t number = 0;  // in the order in which the room took them
    Line line;
    std::shared_ptr<const Speaker> speaker;
    Route route;      // the session that said it
    Receipt receipt;  // until the broker has it
    std::optional<Carried> carried;
    std::shared_ptr<const std::string> address;
    WallTime said_at{};
    bool is_published = false;
    bool is_accepted = false;
    bool is_shown = false;     // what may still come back is a second copy
    std::uint64_t past = 0;    // its number in the history, where it is shown
    std::uint64_t outage = 0;  // the number of the outage before which it was accepted
    Tick deadline{};           // once accepted: of the echo; once overdue: of being remembered
    std::vector<Unpublished> behind;
};

/// Lines that may come back from the broker, oldest first, to be found by id or, where nothing but text comes back, by
/// text. Addresses of lines stay what they are until the line is taken out.
class LineTable {
public:
    OwnLine& add(OwnLine line);
    /// From now on oldest_with() may find it.
    void index_text(OwnLine& line);
    OwnLine take(OwnLine& line);

    OwnLine* find(const std::string& stanza_id);
    OwnLine* oldest_with(const std::string& address, std::string_view text);
    OwnLine* oldest() { return lines_.empty() ? nullptr : &lines_.front(); }
    std::size_t size() const { return lines_.size(); }
    std::list<OwnLine>& all() { return lines_; }
    const std::list<OwnLine>& all() const { return lines_; }

private:
    using Lines = std::list<OwnLine>;
    Lines lines_;
    std::unordered_map<std::string_view, Lines::iterator> by_id_;
    std::map<std::pair<std::size_t, std::uint64_t>, OwnLine*> by_text_;  // hash and number
};

}  // namespace mucbridge
