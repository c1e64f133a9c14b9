#pragma once

#include "core/config.hpp"

namespace mucbridge {

class Problems;

/// Fills in what follows from other keys (the rooms' domain, the default broker and rule) and judges what single keys
/// cannot show: who may log in from where, which broker a rule means, whether the rules make sense. Warns of what an
/// operator should know before running this: nobody checked, everybody let in, files that others may read.
void check_config(Config& config, Problems& problems);

}  // namespace mucbridge
