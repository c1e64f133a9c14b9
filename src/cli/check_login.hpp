#pragma once

#include "core/config.hpp"

namespace mucbridge {

class Problems;

/// Whether everybody may log in, under any name or none.
inline bool takes_anybody(Login login) { return login == Login::open || login == Login::anonymous; }

/// S9: who may log in from where. Administrators whom nobody vouches for are none, and are warned of.
void check_login(Config& config, Problems& problems);

/// With login accounts: whether there are any, and can be read. For who is about to run this: it opens the database.
void check_accounts(const Config& config, Problems& problems);

}  // namespace mucbridge
