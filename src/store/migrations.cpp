#include "store/migrations.hpp"

#include <cstdint>
#include <string>

#include "store/database.hpp"
#include "store/schema.hpp"

namespace mucbridge {

namespace {

constexpr std::int64_t application_id = 0x6d756362;  // "mucb"

Result<std::int64_t> read_number(Database& database, std::string_view question) {
    auto statement = database.prepare(question);
    if (!statement)
        return statement.error();
    const auto row = statement->step();
    if (!row)
        return row.error();
    return *row ? statement->number(0) : 0;
}

Result<std::int64_t> read_version(Database& database) { return read_number(database, "PRAGMA user_version"); }

/// A new file has no tables, and ours says whose it is.
Result<void> check_owner(Database& database, const std::string& path) {
    const auto owner = read_number(database, "PRAGMA application_id");
    if (!owner)
        return owner.error();
    const auto tables = read_number(database, "SELECT count(*) FROM sqlite_schema");
    if (!tables)
        return tables.error();
    if (*owner != application_id && (*owner != 0 || *tables != 0))
        return Error{path, ": is another program's database; give mucbridge a state directory of its own (--state)"};
    return {};
}

Result<void> check_version(std::int64_t version, const std::string& path) {
    if (version <= static_cast<std::int64_t>(schema.size()))
        return {};
    return Error{path,
                 ": was made by a newer mucbridge (schema ",
                 std::to_string(version),
                 ", this one knows ",
                 std::to_string(schema.size()),
                 "): run that one, or give this one a state directory of its own (--state)"};
}

/// The first that is missing, if there is one by the time that we may write. The number of those that are there.
Result<std::size_t> apply_next(Database& database, const std::string& path) {
    auto transaction = Transaction::begin(database);
    if (!transaction)
        return transaction.error();
    const auto version = read_version(database);
    if (!version)
        return version.error();
    if (const auto known = check_version(*version, path); !known)
        return known.error();
    const auto next = static_cast<std::size_t>(*version);
    if (next == schema.size())
        return next;
    const std::string mark = "PRAGMA application_id = " + std::to_string(application_id) +
                             "; PRAGMA user_version = " + std::to_string(next + 1) + ";";
    if (const auto applied = database.run(std::string(schema.at(next)) + mark); !applied)
        return applied.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return next + 1;
}

}  // namespace

Result<void> migrate(Database& database, const std::string& path) {
    if (const auto ours = check_owner(database, path); !ours)
        return ours;
    const auto version = read_version(database);
    if (!version)
        return version.error();
    if (const auto known = check_version(*version, path); !known)
        return known;
    for (auto there = static_cast<std::size_t>(*version); there < schema.size();) {
        const auto applied = apply_next(database, path);
        if (!applied)
            return applied.error();
        there = *applied;
    }
    return {};
}

}  // namespace mucbridge
