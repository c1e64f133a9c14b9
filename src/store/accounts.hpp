#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/scram.hpp"
#include "core/time.hpp"
#include "store/database.hpp"

namespace mucbridge {

/// Who may log in: names (localparts, prepared) and what is kept of their passwords, which is verifiers alone.
/// Passwords went through SASLprep. One thread's at a time; other processes may change the same accounts meanwhile.
class Accounts {
public:
    struct Account {
        std::string name;
        WallTime created, changed;  // its password
    };
    struct Found {
        ScramVerifier verifier;
        bool is_known = false;
    };

    /// Where they are in a state directory.
    static std::string path_in(const std::string& state);
    /// Made if there is none; errors as Database::open has them.
    static Result<Accounts> open(const std::string& path, std::chrono::milliseconds patience = std::chrono::seconds(5));

    /// False: there is one of that name.
    Result<bool> add(std::string_view name, std::string_view password, WallTime now);
    /// False: there is none of that name; of remove() too.
    Result<bool> set_password(std::string_view name, std::string_view password, WallTime now);
    Result<bool> remove(std::string_view name);
    /// Sorted by name.
    Result<std::vector<Account>> list();
    Result<bool> is_empty();

    /// For a name that nobody has a verifier that no password fits, the same every time: from outside it looks like a
    /// known one (RFC 5802 §9).
    Result<Found> find(std::string_view name, ScramHash hash);

private:
    Accounts(Database database, Statement find, std::string secret)
        : database_(std::move(database)), find_(std::move(find)), secret_(std::move(secret)) {}
    Result<void> put_verifiers(std::string_view name, std::string_view password);
    ScramVerifier make_unknown(std::string_view name, ScramHash hash) const;

    Database database_;
    Statement find_;
    std::string secret_;  // what verifiers of unknown names are made of
};

}  // namespace mucbridge
