#include "muc/options.hpp"

namespace mucbridge {

bool PresenceBroadcast::shows(Role role) const {
    switch (role) {
        case Role::visitor:
            return visitor;
        case Role::participant:
            return participant;
        case Role::moderator:
            return moderator;
        case Role::none:
            break;
    }
    return none;
}

}  // namespace mucbridge
