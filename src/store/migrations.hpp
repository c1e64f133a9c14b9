#pragma once

#include <string>

#include "core/result.hpp"

namespace mucbridge {

class Database;

/// Brings the tables up to this version: src/store/schema/0001_accounts.sql and those after it, each in a transaction
/// of its own. Which were applied is the database's user_version. Another process may be at it at the same time.
Result<void> migrate(Database& database, const std::string& path);

}  // namespace mucbridge
