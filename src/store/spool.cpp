#include "store/spool.hpp"

#include "store/columns.hpp"

namespace mucbridge {

namespace {

/// A row that was written by another version, or by hand, and names nobody: what is left of it is set aside as it is
/// published, for its room has no rule.
Jid read_jid(std::string_view text) {
    auto jid = Jid::parse(text);
    return jid ? *jid : Jid{};
}

SpooledLine read_line(const Statement& row) {
    SpooledLine line;
    line.broker = text_of(row, 0);
    line.key = text_of(row, 1);
    line.position = static_cast<std::uint64_t>(row.number(2));
    line.address = text_of(row, 3);
    if (!row.is_null(4))
        line.mirror = static_cast<std::size_t>(row.number(4));
    line.said.room = read_jid(row.bytes(5));
    line.said.nick = text_of(row, 6);
    line.said.occupant = read_jid(row.bytes(7));
    line.said.line.stanza_id = text_of(row, 8);
    line.said.line.id = text_of(row, 9);
    line.said.line.lang = text_of(row, 10);
    line.said.line.body = text_of(row, 11);
    line.said.said_at = line.said.published_at = to_time(row.number(12));
    line.is_shown = row.number(13) != 0;
    line.said.line.answers = text_of(row, 14);
    return line;
}

}  // namespace

Result<Spool> Spool::open(Database& database) {
    auto put = database.prepare(
        "INSERT INTO spool (broker, key, position, address, mirror, room, nick, occupant, id, sender_id, lang, body,"
        " said_at, is_shown, answers) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
        " ON CONFLICT (broker, key) DO NOTHING");
    if (!put)
        return put.error();
    auto remove = database.prepare("DELETE FROM spool WHERE broker = ?1 AND key = ?2");
    if (!remove)
        return remove.error();
    return Spool(database, std::move(*put), std::move(*remove));
}

Result<void> Spool::put(const SpooledLine& line) {
    const Said& said = line.said;
    put_.bind(1, line.broker).bind(2, line.key).bind(3, static_cast<std::int64_t>(line.position));
    put_.bind(4, line.address);
    if (line.mirror)
        put_.bind(5, static_cast<std::int64_t>(*line.mirror));
    put_.bind(6, to_string(said.room)).bind(7, said.nick).bind(8, to_string(said.occupant));
    put_.bind(9, said.line.stanza_id).bind(10, said.line.id).bind(11, said.line.lang);
    put_.bind(12, said.line.body ? std::string_view(*said.line.body) : std::string_view());
    put_.bind(13, to_number(said.said_at)).bind(14, std::int64_t{line.is_shown}).bind(15, said.line.answers);
    return put_.run();
}

Result<void> Spool::remove(std::string_view broker, std::string_view key) {
    return remove_.bind(1, broker).bind(2, key).run();
}

Result<void> Spool::set_aside(std::string_view broker, std::string_view key, std::string_view reason, WallTime now) {
    return run_once(
        *database_, "UPDATE spool SET set_aside = ?3, reason = ?4 WHERE broker = ?1 AND key = ?2",
        [&](Statement& statement) { statement.bind(1, broker).bind(2, key).bind(3, to_number(now)).bind(4, reason); });
}

Result<std::vector<SpooledLine>> Spool::load() {
    std::vector<SpooledLine> lines;
    const auto read = read_rows(
        *database_,
        "SELECT broker, key, position, address, mirror, room, nick, occupant, id, sender_id, lang, body, said_at,"
        " is_shown, answers FROM spool WHERE set_aside IS NULL ORDER BY broker, position",
        [](Statement&) {}, [&](const Statement& row) { lines.push_back(read_line(row)); });
    if (!read)
        return read.error();
    return lines;
}

Result<Spool::SetAsideCount> Spool::set_aside_lines(std::string_view broker, std::size_t most) {
    SetAsideCount found;
    const auto counted = read_rows(
        *database_, "SELECT count(*) FROM spool WHERE set_aside IS NOT NULL AND broker = ?1",
        [&](Statement& statement) { statement.bind(1, broker); },
        [&](const Statement& row) { found.count = static_cast<std::uint64_t>(row.number(0)); });
    if (!counted)
        return counted.error();
    const auto read = read_rows(
        *database_,
        "SELECT broker, room, id, reason, said_at, set_aside FROM spool WHERE set_aside IS NOT NULL"
        " AND broker = ?1 ORDER BY set_aside DESC, position DESC LIMIT ?2",
        [&](Statement& statement) { statement.bind(1, broker).bind(2, static_cast<std::int64_t>(most)); },
        [&](const Statement& row) {
            found.latest.push_back({text_of(row, 0), text_of(row, 1), text_of(row, 2), text_of(row, 3),
                                    to_time(row.number(4)), to_time(row.number(5))});
        });
    if (!read)
        return read.error();
    return found;
}

}  // namespace mucbridge
