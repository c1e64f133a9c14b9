#pragma once

#include <memory>

namespace mucbridge {

/// Kept by whoever has taken on what somebody sent, until it is safe where it was meant to go, or refused. When nobody
/// keeps it any longer, the sender is told that it was handled. May be null: nobody counts.
using Receipt = std::shared_ptr<const void>;

}  // namespace mucbridge
