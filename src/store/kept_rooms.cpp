#include "store/kept_rooms.hpp"

#include <map>

#include "store/columns.hpp"

namespace mucbridge {

Result<KeptRooms> KeptRooms::open(Database& database) { return KeptRooms(database); }

Result<void> KeptRooms::run(std::string_view sql, const std::vector<std::string_view>& texts) {
    return run_once(*database_, sql, [&](Statement& statement) {
        for (std::size_t i = 0; i < texts.size(); ++i)
            statement.bind(static_cast<int>(i + 1), texts[i]);
    });
}

Result<void> KeptRooms::put(const KeptRoom& room) {
    if (const auto removed = remove(room.room); !removed)
        return removed;
    const auto put = run_once(*database_, "INSERT INTO room (room, options, created) VALUES (?1, ?2, ?3)",
                              [&](Statement& statement) {
                                  statement.bind(1, room.room).bind(2, room.options).bind(3, to_number(room.created));
                              });
    if (!put)
        return put;
    if (room.subject)
        if (const auto set = set_subject(room.room, *room.subject); !set)
            return set;
    for (const auto& right : room.rights)
        if (const auto set = set_right(room.room, right); !set)
            return set;
    return {};
}

Result<void> KeptRooms::set_options(std::string_view room, std::string_view options) {
    return run("UPDATE room SET options = ?2 WHERE room = ?1", {room, options});
}

Result<void> KeptRooms::set_subject(std::string_view room, const KeptRoom::Subject& subject) {
    return run_once(*database_,
                    "UPDATE room SET subject = ?2, subject_lang = ?3, subject_nick = ?4, subject_occupant_id = ?5,"
                    " subject_set_at = ?6 WHERE room = ?1",
                    [&](Statement& statement) {
                        statement.bind(1, room).bind(2, subject.text).bind(3, subject.lang).bind(4, subject.nick);
                        statement.bind(5, subject.occupant_id).bind(6, to_number(subject.set_at));
                    });
}

Result<void> KeptRooms::set_right(std::string_view room, const KeptRoom::Right& right) {
    if (right.affiliation == "none" && right.nick.empty())
        return run("DELETE FROM room_right WHERE room = ?1 AND jid = ?2", {room, right.jid});
    return run(
        "INSERT OR REPLACE INTO room_right (room, jid, affiliation, nick)"
        " SELECT room, ?2, ?3, ?4 FROM room WHERE room = ?1",
        {room, right.jid, right.affiliation, right.nick});
}

Result<void> KeptRooms::remove(std::string_view room) { return run("DELETE FROM room WHERE room = ?1", {room}); }

Result<std::vector<KeptRoom>> KeptRooms::load() {
    std::map<std::string, KeptRoom> rooms;
    const auto read = read_rows(
        *database_,
        "SELECT room, options, created, subject, subject_lang, subject_nick, subject_occupant_id, subject_set_at"
        " FROM room",
        [](Statement&) {},
        [&](const Statement& row) {
            KeptRoom& room = rooms[text_of(row, 0)];
            room.room = text_of(row, 0);
            room.options = text_of(row, 1);
            room.created = to_time(row.number(2));
            if (!row.is_null(3))
                room.subject = KeptRoom::Subject{text_of(row, 3), text_of(row, 4), text_of(row, 5), text_of(row, 6),
                                                 to_time(row.number(7))};
        });
    if (!read)
        return read.error();
    const auto rights = read_rows(
        *database_, "SELECT room, jid, affiliation, nick FROM room_right ORDER BY room, jid", [](Statement&) {},
        [&](const Statement& row) {
            rooms[text_of(row, 0)].rights.push_back({text_of(row, 1), text_of(row, 2), text_of(row, 3)});
        });
    if (!rights)
        return rights.error();
    std::vector<KeptRoom> out;
    for (auto& [name, room] : rooms)
        out.push_back(std::move(room));
    return out;
}

Result<void> KeptRooms::add_filter(std::string_view broker, std::string_view filter, WallTime since) {
    return run_once(*database_, "INSERT OR IGNORE INTO kept_filter (broker, filter, since) VALUES (?1, ?2, ?3)",
                    [&](Statement& statement) { statement.bind(1, broker).bind(2, filter).bind(3, to_number(since)); });
}

Result<void> KeptRooms::remove_filter(std::string_view broker, std::string_view filter) {
    return run("DELETE FROM kept_filter WHERE broker = ?1 AND filter = ?2", {broker, filter});
}

Result<std::map<std::string, WallTime>> KeptRooms::filters(std::string_view broker) {
    std::map<std::string, WallTime> filters;
    const auto read = read_rows(
        *database_, "SELECT filter, since FROM kept_filter WHERE broker = ?1",
        [&](Statement& statement) { statement.bind(1, broker); },
        [&](const Statement& row) { filters.emplace(text_of(row, 0), to_time(row.number(1))); });
    if (!read)
        return read.error();
    return filters;
}

}  // namespace mucbridge
