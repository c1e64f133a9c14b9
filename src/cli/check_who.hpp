#pragma once

#include <string>

#include "core/config.hpp"

namespace mucbridge {

class Problems;

/// Through what others than this machine's users come in, in words; "" where nobody else does.
std::string find_opening(const Config& config);

/// S9: where others than this machine's users come in, each rule says who may read and write. `has_short_rules`: the
/// rules stand where nobody can say who (--rule, the default one); --allow-open-login says it for them: everybody.
void check_who(Config& config, bool has_short_rules, Problems& problems);

}  // namespace mucbridge
