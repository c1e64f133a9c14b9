#pragma once

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MUCBRIDGE_COUNTS_MEMORY
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define MUCBRIDGE_COUNTS_MEMORY
#endif

#ifdef MUCBRIDGE_COUNTS_MEMORY
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace mucbridge::fuzz {

/// The heap as it was when this was made. Without AddressSanitizer nothing is counted and nothing has grown.
class Memory {
public:
    std::size_t grown() const {
        const std::size_t now = allocated();
        return now > start_ ? now - start_ : 0;
    }

private:
    static std::size_t allocated() {
#ifdef MUCBRIDGE_COUNTS_MEMORY
        return __sanitizer_get_current_allocated_bytes();
#else
        return 0;
#endif
    }
    std::size_t start_ = allocated();
};

}  // namespace mucbridge::fuzz
