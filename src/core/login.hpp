#pragma once

namespace mucbridge {

/// What came of asking for a login.
enum class LoginAnswer {
    right,
    wrong,
    unavailable,  // nobody knows now: the accounts' database or the broker cannot be asked
};

}  // namespace mucbridge
