#pragma once

#include <string>

namespace mucbridge::scenes {

/// A step of a scene did not come true; thrown to the runner, which knows where the step stands.
struct Failure {
    std::string wanted, came;
};

}  // namespace mucbridge::scenes
