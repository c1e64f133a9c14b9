#include "store/database.hpp"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "store/migrations.hpp"

namespace mucbridge {

namespace {

std::string path_of(sqlite3* connection) {
    const char* path = sqlite3_db_filename(connection, "main");
    return path == nullptr || *path == '\0' ? ":memory:" : path;
}

Error describe(int code, const std::string& path, const std::string& words) {
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {path,
                    ": is locked: another program holds it and did not let go in time; end that one, or try again"};
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return {path, ": cannot be written: the file, its directory or the file system is read-only"};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {path,  ": is damaged, or no SQLite database (",
                    words, "): put a copy in its place, or save what can be saved: sqlite3 ",
                    path,  " .recover | sqlite3 saved.db"};
        case SQLITE_FULL:
            return {path, ": cannot be written: the disk is full"};
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
            return {path, ": cannot be opened, read or written: ", words};
        default:
            return {path, ": ", words};
    }
}

Error last_error(sqlite3* connection) {
    std::string words = sqlite3_errmsg(connection);
    if (const int system = sqlite3_system_errno(connection); system != 0)
        words += std::string(": ") + std::strerror(system);
    return describe(sqlite3_extended_errcode(connection), path_of(connection), words);
}

/// Where the superuser adds the first account, the gateway has to read it.
void give_to_owner_of_directory(const std::string& path) {
    const auto slash = path.rfind('/');
    struct stat directory {};
    if (::geteuid() == 0 &&
        ::stat(slash == std::string::npos ? "." : path.substr(0, slash + 1).c_str(), &directory) == 0)
        (void)!::chown(path.c_str(), directory.st_uid, directory.st_gid);
}

/// SQLite would make it readable to whom the umask lets; what it makes beside it gets the same rights.
Result<void> make_private_file(const std::string& path) {
    const auto failure = [&](const char* wish) { return Error{path, ": ", wish, ": ", std::strerror(errno)}; };
    if (::mknod(path.c_str(), S_IFREG | 0600, 0) == 0)
        give_to_owner_of_directory(path);
    else if (errno != EEXIST)
        return failure("cannot be made");
    if (::access(path.c_str(), R_OK | W_OK) != 0)
        return failure("cannot be read and written");
    return {};
}

/// The answer of a pragma that has one.
Result<std::string> ask(Database& database, std::string_view pragma) {
    auto statement = database.prepare(pragma);
    if (!statement)
        return statement.error();
    const auto row = statement->step();
    if (!row)
        return row.error();
    return *row ? std::string(statement->bytes(0)) : std::string();
}

/// Two processes that turn it on for a new file at once are in each other's way, and SQLite does not wait there.
Result<void> turn_on_write_ahead_log(Database& database, std::chrono::milliseconds patience) {
    constexpr int pause = 20;
    for (int waited = 0;; waited += pause) {
        const auto mode = ask(database, "PRAGMA journal_mode = WAL");
        if (mode)
            return {};
        if (waited >= patience.count() || mode.error().text.find("is locked") == std::string::npos)
            return mode.error();
        sqlite3_sleep(pause);
    }
}

Result<void> set_up(Database& database, const std::string& path, std::chrono::milliseconds patience) {
    if (const auto logged = turn_on_write_ahead_log(database, patience); !logged)
        return logged;
    if (const auto set = database.run("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"); !set)
        return set;
    return migrate(database, path);
}

}  // namespace

// Statements.

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::note(int code) {
    if (failed_bind_ == SQLITE_OK)
        failed_bind_ = code;
}

Statement& Statement::bind(int parameter, std::int64_t value) {
    note(sqlite3_bind_int64(statement_.get(), parameter, value));
    return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
    // Without bytes to point at it would be NULL.
    const char* data = text.data() == nullptr ? "" : text.data();
    note(sqlite3_bind_text64(statement_.get(), parameter, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(int parameter, Blob blob) {
    note(sqlite3_bind_blob64(statement_.get(), parameter, blob.bytes.data(), blob.bytes.size(), SQLITE_TRANSIENT));
    return *this;
}

Result<bool> Statement::step() {
    sqlite3* connection = sqlite3_db_handle(statement_.get());
    if (failed_bind_ != SQLITE_OK)
        return describe(failed_bind_, path_of(connection), sqlite3_errstr(failed_bind_));
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE) {
        reset();
        return false;
    }
    auto error = last_error(connection);
    reset();
    return error;
}

Result<void> Statement::run() {
    const auto row = step();
    if (!row)
        return row.error();
    reset();
    return {};
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
    failed_bind_ = SQLITE_OK;
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_.get(), column); }

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

std::string_view Statement::bytes(int column) const {
    const void* data = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
}

// The database.

void Database::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

Result<Database> Database::open(const std::string& path, std::chrono::milliseconds patience) {
    if (path != ":memory:")
        if (const auto made = make_private_file(path); !made)
            return made.error();
    sqlite3* connection = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &connection,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    Database database(connection);
    if (code != SQLITE_OK)
        return describe(code, path, connection == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection));
    sqlite3_extended_result_codes(connection, 1);
    sqlite3_busy_timeout(connection, static_cast<int>(patience.count()));
    if (const auto ready = set_up(database, path, patience); !ready)
        return ready.error();
    return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK)
        return last_error(connection_.get());
    return Statement(statement);
}

Result<void> Database::run(const std::string& sql) {
    if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        return last_error(connection_.get());
    return {};
}

std::int64_t Database::changes() const { return sqlite3_changes64(connection_.get()); }

// Transactions.

Result<Transaction> Transaction::begin(Database& database) {
    if (const auto begun = database.run("BEGIN IMMEDIATE"); !begun)
        return begun.error();
    return Transaction(database);
}

Transaction::~Transaction() {
    if (database_ != nullptr)
        (void)database_->run("ROLLBACK");
}

Result<void> Transaction::commit() {
    if (const auto committed = database_->run("COMMIT"); !committed)
        return committed;
    database_ = nullptr;
    return {};
}

}  // namespace mucbridge
