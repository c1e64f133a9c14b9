#pragma once

#include <cstdint>
#include <string>

#include "core/time.hpp"
#include "store/database.hpp"

namespace mucbridge {

// How the tables write what they hold: times are milliseconds since 1970, UTC.

inline std::int64_t to_number(WallTime time) { return time.time_since_epoch().count(); }
inline WallTime to_time(std::int64_t number) { return WallTime(std::chrono::milliseconds(number)); }

inline std::string text_of(const Statement& row, int column) { return std::string(row.bytes(column)); }

/// One statement without rows, seldom asked for: `parameters` binds what it wants.
template <class Bind>
Result<void> run_once(Database& database, std::string_view sql, Bind parameters) {
    auto statement = database.prepare(sql);
    if (!statement)
        return statement.error();
    parameters(*statement);
    return statement->run();
}

/// Every row of one statement, seldom asked for.
template <class Bind, class Read>
Result<void> read_rows(Database& database, std::string_view sql, Bind parameters, Read read) {
    auto statement = database.prepare(sql);
    if (!statement)
        return statement.error();
    parameters(*statement);
    for (;;) {
        const auto row = statement->step();
        if (!row)
            return row.error();
        if (!*row)
            return {};
        read(*statement);
    }
}

}  // namespace mucbridge
