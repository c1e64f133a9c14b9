#include "store/accounts.hpp"

#include "core/unique.hpp"
#include "store/columns.hpp"

namespace mucbridge {

namespace {

std::string_view name_of(ScramHash hash) { return hash == ScramHash::sha1 ? "sha-1" : "sha-256"; }

/// Made by whoever comes first.
Result<std::string> read_secret_of(Database& database) {
    auto insert = database.prepare("INSERT OR IGNORE INTO secret (name, value) VALUES ('unknown_names', ?1)");
    if (!insert)
        return insert.error();
    if (const auto put = insert->bind(1, make_random_hex(32)).run(); !put)
        return put.error();
    auto select = database.prepare("SELECT value FROM secret WHERE name = 'unknown_names'");
    if (!select)
        return select.error();
    const auto row = select->step();
    if (!row)
        return row.error();
    return std::string(select->bytes(0));
}

}  // namespace

std::string Accounts::path_in(const std::string& state) { return state + "/mucbridge.db"; }

Result<Accounts> Accounts::open(const std::string& path, std::chrono::milliseconds patience) {
    auto database = Database::open(path, patience);
    if (!database)
        return database.error();
    auto secret = read_secret_of(*database);
    if (!secret)
        return secret.error();
    auto find = database->prepare(
        "SELECT iterations, salt, stored_key, server_key FROM verifier WHERE account = ?1 AND hash = ?2");
    if (!find)
        return find.error();
    return Accounts(std::move(*database), std::move(*find), std::move(*secret));
}

Result<void> Accounts::put_verifiers(std::string_view name, std::string_view password) {
    auto put = database_.prepare(
        "INSERT OR REPLACE INTO verifier (account, hash, iterations, salt, stored_key, server_key)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    if (!put)
        return put.error();
    for (const ScramHash hash : {ScramHash::sha1, ScramHash::sha256}) {
        const ScramVerifier verifier = make_scram_verifier(hash, password);
        put->bind(1, name).bind(2, name_of(hash)).bind(3, std::int64_t{verifier.iterations});
        put->bind(4, Blob{verifier.salt}).bind(5, Blob{verifier.stored_key}).bind(6, Blob{verifier.server_key});
        if (const auto done = put->run(); !done)
            return done;
    }
    return {};
}

Result<bool> Accounts::add(std::string_view name, std::string_view password, WallTime now) {
    auto transaction = Transaction::begin(database_);
    if (!transaction)
        return transaction.error();
    auto insert = database_.prepare(
        "INSERT INTO account (name, created, changed) VALUES (?1, ?2, ?2) ON CONFLICT (name) DO NOTHING");
    if (!insert)
        return insert.error();
    if (const auto done = insert->bind(1, name).bind(2, to_number(now)).run(); !done)
        return done.error();
    if (database_.changes() == 0)
        return false;
    if (const auto put = put_verifiers(name, password); !put)
        return put.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return true;
}

Result<bool> Accounts::set_password(std::string_view name, std::string_view password, WallTime now) {
    auto transaction = Transaction::begin(database_);
    if (!transaction)
        return transaction.error();
    auto update = database_.prepare("UPDATE account SET changed = ?2 WHERE name = ?1");
    if (!update)
        return update.error();
    if (const auto done = update->bind(1, name).bind(2, to_number(now)).run(); !done)
        return done.error();
    if (database_.changes() == 0)
        return false;
    if (const auto put = put_verifiers(name, password); !put)
        return put.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return true;
}

Result<bool> Accounts::remove(std::string_view name) {
    auto statement = database_.prepare("DELETE FROM account WHERE name = ?1");
    if (!statement)
        return statement.error();
    if (const auto done = statement->bind(1, name).run(); !done)
        return done.error();
    return database_.changes() > 0;
}

Result<std::vector<Accounts::Account>> Accounts::list() {
    auto statement = database_.prepare("SELECT name, created, changed FROM account ORDER BY name");
    if (!statement)
        return statement.error();
    std::vector<Account> all;
    for (;;) {
        const auto row = statement->step();
        if (!row)
            return row.error();
        if (!*row)
            return all;
        all.push_back({std::string(statement->bytes(0)), to_time(statement->number(1)), to_time(statement->number(2))});
    }
}

Result<bool> Accounts::is_empty() {
    auto statement = database_.prepare("SELECT 1 FROM account LIMIT 1");
    if (!statement)
        return statement.error();
    const auto row = statement->step();
    if (!row)
        return row.error();
    return !*row;
}

Result<Accounts::Found> Accounts::find(std::string_view name, ScramHash hash) {
    find_.reset();
    const auto row = find_.bind(1, name).bind(2, name_of(hash)).step();
    if (!row)
        return row.error();
    if (!*row)
        return Found{make_unknown(name, hash), false};
    Found found{{}, true};
    found.verifier.iterations = static_cast<unsigned>(find_.number(0));
    found.verifier.salt = find_.bytes(1);
    found.verifier.stored_key = find_.bytes(2);
    found.verifier.server_key = find_.bytes(3);
    find_.reset();
    return found;
}

ScramVerifier Accounts::make_unknown(std::string_view name, ScramHash hash) const {
    constexpr std::size_t salt_bytes = 16;  // as make_scram_verifier() gives to known ones
    const auto make = [&](std::string_view what) {
        return scram_hmac(hash, secret_, std::string(what).append(1, '\0').append(name));
    };
    return {make("salt").substr(0, salt_bytes), scram_iterations, make("stored key"), make("server key")};
}

}  // namespace mucbridge
