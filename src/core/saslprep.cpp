#include "core/saslprep.hpp"

#include <stringprep.h>

#include <array>

#include "core/utf8.hpp"

namespace mucbridge {

Result<std::string> saslprep(std::string_view text) {
    constexpr std::size_t most_bytes = 1023;
    if (text.empty() || text.size() > most_bytes)
        return Error{"want 1 to 1023 bytes"};
    if (!is_utf8(text) || text.find('\0') != std::string_view::npos)
        return Error{"want UTF-8 without NUL"};
    // In place; what is normalised may be longer.
    std::array<char, 4 * most_bytes> buffer{};
    text.copy(buffer.data(), text.size());
    if (const int error = stringprep(buffer.data(), buffer.size(), Stringprep_profile_flags{}, stringprep_saslprep);
        error != STRINGPREP_OK)
        return Error{"want a text that passwords may be (RFC 4013): ", stringprep_strerror(Stringprep_rc(error))};
    if (buffer.front() == '\0')
        return Error{"want a character that is written"};
    return std::string(buffer.data());
}

}  // namespace mucbridge
