#include "store/archive.hpp"

#include <algorithm>

#include "store/columns.hpp"

namespace mucbridge {

namespace {

const std::string columns =
    "number, nick, occupant_id, stanza_id, sender_id, lang, body, subject, extra, said_at, shown_at, published_at,"
    " is_ours, heard_id, answers";

PastLine read_line(const Statement& row) {
    PastLine line;
    line.number = static_cast<std::uint64_t>(row.number(0));
    line.nick = text_of(row, 1);
    line.occupant_id = text_of(row, 2);
    line.line.stanza_id = text_of(row, 3);
    line.line.id = text_of(row, 4);
    line.line.lang = text_of(row, 5);
    if (!row.is_null(6))
        line.line.body = text_of(row, 6);
    if (!row.is_null(7))
        line.line.subject = text_of(row, 7);
    if (!row.is_null(8))
        line.line.extra = std::make_shared<const std::string>(row.bytes(8));
    line.said_at = to_time(row.number(9));
    line.shown_at = to_time(row.number(10));
    line.published_at = to_time(row.number(11));
    line.is_ours = row.number(12) != 0;
    line.heard_id = text_of(row, 13);
    line.line.answers = text_of(row, 14);
    return line;
}

Result<std::vector<PastLine>> read_backwards(Statement& statement) {
    std::vector<PastLine> lines;
    for (;;) {
        const auto row = statement.step();
        if (!row)
            return row.error();
        if (!*row)
            break;
        lines.push_back(read_line(statement));
    }
    std::ranges::reverse(lines);
    return lines;
}

std::int64_t to_limit(std::size_t most) {
    return static_cast<std::int64_t>(std::min<std::size_t>(most, std::size_t{1} << 40));
}

}  // namespace

Result<Archive> Archive::open(Database& database) {
    auto put = database.prepare(
        "INSERT INTO archive (room, " + columns +
        ", journal) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
        " ON CONFLICT (room, number) DO NOTHING");
    if (!put)
        return put.error();
    auto note = database.prepare("UPDATE archive SET journal = ?3 WHERE room = ?1 AND number = ?2 AND journal = 0");
    if (!note)
        return note.error();
    auto tail = database.prepare("SELECT " + columns +
                                 " FROM archive WHERE room = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3");
    if (!tail)
        return tail.error();
    auto since = database.prepare(
        "SELECT " + columns +
        " FROM archive WHERE room = ?1 AND number < ?2 AND +shown_at >= ?4 ORDER BY number DESC LIMIT ?3");
    if (!since)
        return since.error();
    auto prune = database.prepare("DELETE FROM archive WHERE room = ?1 AND number < ?2 AND journal < ?3");
    if (!prune)
        return prune.error();
    return Archive(database, std::move(*put), std::move(*note), std::move(*tail), std::move(*since), std::move(*prune));
}

Result<void> Archive::put(std::string_view room, const PastLine& line, std::uint64_t journal) {
    put_.bind(1, room).bind(2, static_cast<std::int64_t>(line.number)).bind(3, line.nick).bind(4, line.occupant_id);
    put_.bind(5, line.line.stanza_id).bind(6, line.line.id).bind(7, line.line.lang);
    if (line.line.body)
        put_.bind(8, *line.line.body);
    if (line.line.subject)
        put_.bind(9, *line.line.subject);
    if (line.line.extra)
        put_.bind(10, *line.line.extra);
    put_.bind(11, to_number(line.said_at)).bind(12, to_number(line.shown_at)).bind(13, to_number(line.published_at));
    put_.bind(14, std::int64_t{line.is_ours}).bind(15, line.heard_id).bind(16, line.line.answers);
    put_.bind(17, static_cast<std::int64_t>(journal));
    return put_.run();
}

Result<void> Archive::note_journal(std::string_view room, std::uint64_t number, std::uint64_t journal) {
    note_.bind(1, room).bind(2, static_cast<std::int64_t>(number)).bind(3, static_cast<std::int64_t>(journal));
    return note_.run();
}

Result<std::vector<PastLine>> Archive::tail(std::string_view room, std::size_t most, std::uint64_t before) {
    tail_.bind(1, room).bind(2, static_cast<std::int64_t>(before)).bind(3, to_limit(most));
    return read_backwards(tail_);
}

Result<std::vector<PastLine>> Archive::since(std::string_view room, WallTime shown_at, std::size_t most,
                                             std::uint64_t before) {
    since_.bind(1, room).bind(2, static_cast<std::int64_t>(before)).bind(3, to_limit(most));
    since_.bind(4, to_number(shown_at));
    return read_backwards(since_);
}

Result<bool> Archive::has_journal(std::string_view room, std::uint64_t journal) {
    bool is_there = false;
    const auto read = read_rows(
        *database_, "SELECT 1 FROM archive WHERE journal = ?1 AND journal > 0 AND room = ?2",
        [&](Statement& statement) { statement.bind(1, static_cast<std::int64_t>(journal)).bind(2, room); },
        [&](const Statement&) { is_there = true; });
    if (!read)
        return read.error();
    return is_there;
}

Result<std::uint64_t> Archive::last_journal() {
    std::uint64_t last = 0;
    const auto read = read_rows(
        *database_, "SELECT max(journal) FROM archive WHERE journal > 0", [](Statement&) {},
        [&](const Statement& row) { last = static_cast<std::uint64_t>(row.number(0)); });
    if (!read)
        return read.error();
    return last;
}

Result<void> Archive::forget_room(std::string_view room) {
    return run_once(*database_, "DELETE FROM archive WHERE room = ?1",
                    [&](Statement& statement) { statement.bind(1, room); });
}

Result<void> Archive::prune_room(std::string_view room, std::uint64_t below, std::uint64_t journal_low) {
    prune_.bind(1, room).bind(2, static_cast<std::int64_t>(below)).bind(3, static_cast<std::int64_t>(journal_low));
    return prune_.run();
}

Result<bool> Archive::prune(WallTime shown_before, std::uint64_t journal_low) {
    constexpr std::int64_t portion = 1000;
    const auto deleted =
        run_once(*database_,
                 "DELETE FROM archive WHERE rowid IN"
                 " (SELECT rowid FROM archive WHERE shown_at < ?1 AND journal < ?2 ORDER BY shown_at LIMIT ?3)",
                 [&](Statement& statement) {
                     statement.bind(1, to_number(shown_before));
                     statement.bind(2, static_cast<std::int64_t>(journal_low)).bind(3, portion);
                 });
    if (!deleted)
        return deleted.error();
    return database_->changes() == portion;
}

}  // namespace mucbridge
