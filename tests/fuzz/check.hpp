#pragma once

#include <cstdlib>
#include <iostream>
#include <string_view>

namespace mucbridge::fuzz {

/// What must hold whatever the input is: the program ends where it does not, and the input is the finding.
inline void check(bool holds, std::string_view promise, std::string_view found = {}) {
    if (holds)
        return;
    std::cerr << "broken promise: " << promise;
    if (!found.empty())
        std::cerr << "\nfound: " << found;
    std::cerr << std::endl;
    std::abort();
}

}  // namespace mucbridge::fuzz
