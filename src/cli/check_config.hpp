#pragma once

#include "core/config.hpp"

namespace mucbridge {

class Problems;

/// What the layers of a configuration said, where the values alone do not show it.
struct Given {
    bool listen = false;
    bool short_rules = false;  // the rules are --rule's or MUCBRIDGE_RULE's, which cannot say who
};

/// Fills in what follows from other keys (the rooms' domain, the default listener, broker and rule) and judges what
/// single keys cannot show: who may log in from where, who may read and write, which broker a rule means, whether the
/// rules make sense. Warns of what an operator should know before running this: nobody checked, everybody let in, rules
/// that are never reached or meet in one address, files that others may read.
void check_config(Config& config, const Given& given, Problems& problems);

}  // namespace mucbridge
