#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace mucbridge {

/// Bytes, where a string is text.
struct Blob {
    std::string_view bytes;
};

/// A prepared statement: bind, step, look at the columns, reset. Must not outlive its database's use.
///
///     auto statement = database.prepare("SELECT changed FROM account WHERE name = ?1");
///     statement->bind(1, name);
///     if (const auto row = statement->step(); row && *row) ... statement->number(0)
class Statement {
public:
    /// Parameters count from 1. What cannot be bound is told by step().
    Statement& bind(int parameter, std::int64_t value);
    Statement& bind(int parameter, std::string_view text);
    Statement& bind(int parameter, Blob blob);

    /// True: there is a row. False: it is done, and reset.
    Result<bool> step();
    /// For a statement without rows.
    Result<void> run();
    void reset();

    // Columns count from 0; what they show lasts until the next step.
    std::int64_t number(int column) const;
    std::string_view bytes(int column) const;  // text or blob
    bool is_null(int column) const;

private:
    friend class Database;
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
    void note(int code);

    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int failed_bind_ = 0;
};

/// One connection to the SQLite database in the state directory. Several processes may have it open at once (a gateway,
/// `account add`): what one commits the others see at their next statement. A connection is one thread's at a time.
///
/// What is committed survives a crash and a power cut (write-ahead log, synchronous=FULL). Errors name the file, what
/// is wrong and what to do.
class Database {
public:
    /// Creates the file, which its owner alone may read, or opens it; and brings its tables up to this version. The
    /// file of a newer version, and another program's, is refused. ":memory:" is a database of this connection's own.
    /// `patience`: how long a statement waits for another program that writes.
    static Result<Database> open(const std::string& path, std::chrono::milliseconds patience = std::chrono::seconds(5));

    Result<Statement> prepare(std::string_view sql);
    /// Statements without parameters and rows.
    Result<void> run(const std::string& sql);
    /// How many rows the latest INSERT, UPDATE or DELETE changed.
    std::int64_t changes() const;

private:
    explicit Database(sqlite3* connection) : connection_(connection) {}

    struct Close {
        void operator()(sqlite3* connection) const;
    };
    std::unique_ptr<sqlite3, Close> connection_;
};

/// What is done between its making and commit() happens altogether, or not at all.
class Transaction {
public:
    /// Takes the right to write at once, so that nothing in it fails for another writer.
    static Result<Transaction> begin(Database& database);
    ~Transaction();
    Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;

    Result<void> commit();

private:
    explicit Transaction(Database& database) : database_(&database) {}
    Database* database_;  // null once it is over
};

}  // namespace mucbridge
