#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/message.hpp"
#include "core/time.hpp"
#include "store/database.hpp"

namespace mucbridge {

/// A persistent room as it is kept. What the words in it mean the gateway knows.
struct KeptRoom {
    struct Right {
        std::string jid;          // bare
        std::string affiliation;  // "owner", "admin", "member", "outcast", "none" (of one who has a nick alone)
        std::string nick;         // reserved; may be empty
    };
    struct Subject {
        std::string text, lang, nick, occupant_id;
        WallTime set_at{};
    };
    std::string room;     // bare JID
    std::string options;  // JSON
    WallTime created{};
    std::optional<Subject> subject;
    std::vector<Right> rights;
};

/// The persistent rooms of the state directory. One thread's at a time.
class KeptRooms {
public:
    static Result<KeptRooms> open(Database& database);

    /// The room anew, whole.
    Result<void> put(const KeptRoom& room);
    // Of a room that is kept; else they do nothing.
    Result<void> set_options(std::string_view room, std::string_view options);
    Result<void> set_subject(std::string_view room, const KeptRoom::Subject& subject);
    /// Affiliation "none" without a nick: the user is forgotten.
    Result<void> set_right(std::string_view room, const KeptRoom::Right& right);
    Result<void> remove(std::string_view room);

    Result<std::vector<KeptRoom>> load();

    // Which filters a broker may still have subscribed for us in the session that it keeps.
    /// Takes no notice of one that it has.
    Result<void> add_filter(std::string_view broker, std::string_view filter, WallTime since);
    Result<void> remove_filter(std::string_view broker, std::string_view filter);
    /// And since when; WallTime{}: nobody knows.
    Result<std::map<std::string, WallTime>> filters(std::string_view broker);

private:
    explicit KeptRooms(Database& database) : database_(&database) {}
    Result<void> run(std::string_view sql, const std::vector<std::string_view>& texts);
    Database* database_;
};

}  // namespace mucbridge
