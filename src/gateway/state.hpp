#pragma once

#include <memory>
#include <string>

#include "core/config.hpp"
#include "mapping/seal.hpp"

namespace mucbridge {

/// Makes it (mode 0700) where it is absent. Errors name the path.
Result<void> make_state_directory(const std::string& path);

/// What must stay the same from one start to the next: a directory that one gateway at a time holds.
class State {
public:
    /// Makes the directory (mode 0700) where it is absent, takes its lock, and reads or makes the origin's name and the
    /// gateway key (mode 0600). Errors name the path: not writable, held by another gateway, a key that is not 64
    /// hexadecimal digits.
    static Result<std::unique_ptr<State>> open(const Config& config);
    ~State();
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    const std::string& origin() const { return origin_; }
    std::shared_ptr<const Seal> seal() const { return seal_; }

private:
    State() = default;
    int lock_ = -1;
    std::string origin_;
    std::shared_ptr<const Seal> seal_;
};

}  // namespace mucbridge
