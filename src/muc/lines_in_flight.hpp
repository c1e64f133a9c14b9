#pragma once

#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "muc/line_table.hpp"

namespace mucbridge {

/// The lines of a room that are published, or about to be, and not yet home; at most so many, which the room sees to.
/// Those that were shown from the spool are among them, beyond that number: the spool has a bound of its own.
class LinesInFlight {
public:
    /// Numbers the line and takes it in. It is not yet published.
    OwnLine& add(OwnLine line);
    OwnLine take(OwnLine& line);

    /// Published, and (`by_text`) to be known by its text when it comes back.
    void on_published(OwnLine& line, bool by_text);
    /// Every published line is to be known by its text from now on.
    void index_texts();
    /// Accepted by the broker; its echo is awaited until the deadline.
    void await(OwnLine& line, Tick deadline);
    /// Said by the room, for the spool has it; what it still lacks is to be published and to come back. It holds up
    /// nothing any longer, and no nick.
    void on_shown(OwnLine& line);
    /// Not published until somebody says so.
    void hold_back(OwnLine& line) { held_back_.push_back(&line); }
    std::vector<OwnLine*> take_held_back();
    bool holds_back() const { return !held_back_.empty(); }

    OwnLine* find(const std::string& stanza_id) { return table_.find(stanza_id); }
    OwnLine* oldest_with(const std::string& address, std::string_view text) {
        return table_.oldest_with(address, text);
    }
    /// The line that this user said last, whatever the nick. Null where none is in flight.
    OwnLine* latest_of(const Jid& bare);
    /// A line of the same user, said before this one and accepted, whose echo is missing. Null where there is none.
    OwnLine* overtaken_by(const OwnLine& line);
    /// The accepted line whose deadline is next. Null where no echo is awaited.
    OwnLine* next_awaited() const;
    /// Every accepted line, in the order in which they were said.
    std::vector<OwnLine*> awaited() const;
    /// Does a line of another user still fly under this nick (folded)?
    bool holds_nick(const std::string& folded, const Jid& except_bare) const;

    /// Of those that are not shown.
    std::size_t size() const { return table_.size() - shown_; }
    /// How many of them mirrors delivered.
    std::size_t carried() const { return carried_; }
    OwnLine* any() { return table_.oldest(); }

private:
    void forget_user(const OwnLine& line);

    LineTable table_;
    std::uint64_t next_number_ = 1;
    std::size_t carried_ = 0, shown_ = 0;
    std::unordered_map<Jid, std::map<std::uint64_t, OwnLine*>> by_user_;
    std::map<std::pair<Tick, std::uint64_t>, OwnLine*> awaited_;
    std::deque<OwnLine*> held_back_;
};

}  // namespace mucbridge
