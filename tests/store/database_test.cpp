#include "store/database.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <vector>

#include "store/scratch.hpp"

namespace mucbridge {
namespace {

Database open(const std::string& path) {
    auto database = Database::open(path);
    REQUIRE_MESSAGE(database.has_value(), database.error().text);
    return std::move(*database);
}

std::string why_not(const std::string& path) {
    const auto database = Database::open(path);
    REQUIRE_FALSE(database.has_value());
    return database.error().text;
}

std::int64_t ask(Database& database, std::string_view question) {
    auto statement = database.prepare(question);
    REQUIRE(statement.has_value());
    REQUIRE(statement->step().value());
    return statement->number(0);
}

/// Runs it in a process of its own; what it answers is the exit code.
template <class Task>
int run_apart(Task task) {
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(task());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a new database is its owner's alone, and so is what SQLite puts beside it") {
    const Scratch scratch;
    auto database = open(scratch.path());
    REQUIRE(database.run("INSERT INTO account (name, created, changed) VALUES ('a', 1, 1)").has_value());
    for (const auto* name : {"mucbridge.db", "mucbridge.db-wal", "mucbridge.db-shm"}) {
        struct stat found {};
        REQUIRE(::stat(scratch.path(name).c_str(), &found) == 0);
        CHECK((found.st_mode & 0777) == 0600);
    }
}

TEST_CASE("commits are synchronous and logged ahead, and references hold") {
    const Scratch scratch;
    auto database = open(scratch.path());
    CHECK(ask(database, "PRAGMA synchronous") == 2);
    CHECK(ask(database, "PRAGMA foreign_keys") == 1);
    CHECK(ask(database, "PRAGMA journal_mode = wal") == 0);  // a word, not a number
    CHECK_FALSE(database
                    .run("INSERT INTO verifier (account, hash, iterations, salt, stored_key, server_key)"
                         " VALUES ('nobody', 'sha-1', 1, x'00', x'00', x'00')")
                    .has_value());
}

TEST_CASE("what was bound comes back, with NUL and bytes that are no text") {
    auto database = open(":memory:");
    REQUIRE(database.run("CREATE TABLE t (number INTEGER, text TEXT, bytes BLOB) STRICT").has_value());
    const std::string text("a\0b", 3);
    const std::string bytes("\xff\x00\x01", 3);
    auto insert = database.prepare("INSERT INTO t VALUES (?1, ?2, ?3)");
    REQUIRE(insert->bind(1, std::int64_t{-7}).bind(2, text).bind(3, Blob{bytes}).run().has_value());
    CHECK(database.changes() == 1);
    auto select = database.prepare("SELECT number, text, bytes FROM t");
    REQUIRE(select->step().value());
    CHECK(select->number(0) == -7);
    CHECK(select->bytes(1) == text);
    CHECK(select->bytes(2) == bytes);
    CHECK_FALSE(select->step().value());
}

TEST_CASE("a statement that makes no sense, and a parameter that is not there, are errors") {
    auto database = open(":memory:");
    CHECK(has(database.prepare("SELECT word FROM nowhere").error().text, "no such table"));
    auto statement = database.prepare("SELECT 1");
    CHECK_FALSE(statement->bind(3, "x").step().has_value());
    statement->reset();
    CHECK(statement->step().value());
}

TEST_CASE("a transaction that is not committed did not happen") {
    auto database = open(":memory:");
    {
        auto transaction = Transaction::begin(database);
        REQUIRE(transaction.has_value());
        REQUIRE(database.run("INSERT INTO account (name, created, changed) VALUES ('a', 1, 1)").has_value());
    }
    CHECK(ask(database, "SELECT count(*) FROM account") == 0);
    {
        auto transaction = Transaction::begin(database);
        REQUIRE(database.run("INSERT INTO account (name, created, changed) VALUES ('a', 1, 1)").has_value());
        REQUIRE(transaction->commit().has_value());
    }
    CHECK(ask(database, "SELECT count(*) FROM account") == 1);
}

TEST_CASE("what one connection commits another one sees at once") {
    const Scratch scratch;
    auto one = open(scratch.path());
    auto other = open(scratch.path());
    CHECK(ask(other, "SELECT count(*) FROM account") == 0);
    REQUIRE(one.run("INSERT INTO account (name, created, changed) VALUES ('a', 1, 1)").has_value());
    CHECK(ask(other, "SELECT count(*) FROM account") == 1);
}

TEST_CASE("processes that make the same new database at once are not in each other's way") {
    const Scratch scratch;
    std::vector<pid_t> children;
    for (int index = 0; index < 8; ++index) {
        const pid_t child = ::fork();
        if (child == 0) {
            auto database = Database::open(scratch.path());
            ::_exit(database && database->run("INSERT INTO account (name, created, changed) VALUES ('n" +
                                              std::to_string(index) + "', 1, 1)")
                        ? 0
                        : 1);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
    auto database = open(scratch.path());
    CHECK(ask(database, "SELECT count(*) FROM account") == 8);
}

TEST_CASE("a database that another program holds is waited for, and then called locked") {
    const Scratch scratch;
    auto holder = open(scratch.path());
    auto waiting = Database::open(scratch.path(), std::chrono::milliseconds(100)).value();
    REQUIRE(holder.run("BEGIN EXCLUSIVE").has_value());
    const auto started = std::chrono::steady_clock::now();
    const auto refused = Transaction::begin(waiting);
    REQUIRE_FALSE(refused.has_value());
    CHECK(has(refused.error().text, scratch.path() + ": is locked: another program holds it"));
    CHECK(std::chrono::steady_clock::now() - started >= std::chrono::milliseconds(90));
    REQUIRE(holder.run("COMMIT").has_value());
    CHECK(Transaction::begin(waiting).has_value());
}

TEST_CASE("a file that is no database, and a damaged one, are named, with the way out") {
    const Scratch scratch;
    const auto text = why_not(scratch.write("text.db", std::string(8192, 'x')));
    CHECK(has(text, scratch.path("text.db") + ": is damaged, or no SQLite database"));
    CHECK(has(text, ".recover"));

    {
        auto database = open(scratch.path());
        for (int index = 0; index < 500; ++index)
            REQUIRE(database
                        .run("INSERT INTO account (name, created, changed) VALUES (hex(randomblob(50)), " +
                             std::to_string(index) + ", 1)")
                        .has_value());
        REQUIRE(database.run("PRAGMA wal_checkpoint(TRUNCATE)").has_value());
    }
    {
        std::fstream file(scratch.path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(4096);
        file << std::string(std::filesystem::file_size(scratch.path()) - 4096, '\x5a');
    }
    auto damaged = Database::open(scratch.path());
    std::string why;
    if (damaged) {
        auto statement = damaged->prepare("SELECT count(*) FROM account");
        const auto row = statement ? statement->step() : Result<bool>(statement.error());
        REQUIRE_FALSE(row.has_value());
        why = row.error().text;
    } else {
        why = damaged.error().text;
    }
    CHECK(has(why, "is damaged, or no SQLite database"));
}

TEST_CASE("a newer version's database is refused, and left as it is") {
    const Scratch scratch;
    {
        auto database = open(scratch.path());
        REQUIRE(database.run("PRAGMA user_version = 700").has_value());
    }
    const auto why = why_not(scratch.path());
    CHECK(has(why, scratch.path() + ": was made by a newer mucbridge (schema 700, this one knows "));
    CHECK(why_not(scratch.path()) == why);
}

TEST_CASE("another program's database is refused") {
    const Scratch scratch;
    {
        auto database = open(scratch.path());
        REQUIRE(database.run("PRAGMA application_id = 0; PRAGMA user_version = 0").has_value());
    }
    CHECK(has(why_not(scratch.path()), "is another program's database"));
}

TEST_CASE("a directory that is not there, and a path that is one, are named") {
    const Scratch scratch;
    CHECK(why_not(scratch.path("none/mucbridge.db")) ==
          scratch.path("none/mucbridge.db") + ": cannot be made: No such file or directory");
    CHECK(has(why_not(scratch.folder()), scratch.folder().string() + ": cannot be opened"));
}

TEST_CASE("a file that may not be written, and a directory, are named") {
    const Scratch scratch;
    { auto database = open(scratch.path()); }
    const auto is_told = [&](std::string_view words) {
        return run_apart([&] {
            // The superuser may write what nobody may.
            if (::geteuid() == 0 && ::setuid(65534) != 0)
                return 2;
            const auto database = Database::open(scratch.path());
            return !database && has(database.error().text, scratch.path() + ": cannot be") &&
                           has(database.error().text, words)
                       ? 0
                       : 1;
        });
    };
    REQUIRE(::chmod(scratch.folder().c_str(), 0755) == 0);
    REQUIRE(::chmod(scratch.path().c_str(), 0444) == 0);
    CHECK(is_told("read and written: Permission denied") == 0);
    REQUIRE(::chmod(scratch.path().c_str(), 0666) == 0);
    REQUIRE(::chmod(scratch.folder().c_str(), 0555) == 0);
    CHECK(is_told("") == 0);
    REQUIRE(::chmod(scratch.folder().c_str(), 0700) == 0);
}

TEST_CASE("a full disk is called that, and what was there stays") {
    const Scratch scratch;
    auto database = open(scratch.path());
    REQUIRE(database.run("PRAGMA max_page_count = 12").has_value());
    Result<void> done;
    for (int index = 0; done && index < 10000; ++index)
        done = database.run("INSERT INTO account (name, created, changed) VALUES (hex(randomblob(200)), 1, 1)");
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().text == scratch.path() + ": cannot be written: the disk is full");
    CHECK(ask(database, "SELECT count(*) > 0 FROM account") == 1);
}

}  // namespace mucbridge
