#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mucbridge::bench {

/// Which line it is, as its body says: the sender's place in the room and the sender's count.
struct LineName {
    std::uint32_t sender = 0, number = 0;
};

/// "7 42 xxxx...", so long (or as long as the name itself).
std::string write_body(LineName name, std::size_t bytes);
/// Whose beginning this is; none: nobody's.
std::optional<LineName> parse_body(std::string_view body);

/// A message stanza within what was read.
struct Heard {
    std::optional<LineName> name;  // none: not one of our lines
    bool is_error = false;         // RFC 6120 §8.3.1: it has an <error/>
    std::string_view stanza;
};

/// Takes the first whole message off the front of `bytes`, and whatever is not a message before it; none: what is left
/// is the beginning of one. It looks for tags as bytes, which is enough for a server's output and far cheaper than a
/// parser: the load must not cost more than the server.
std::optional<Heard> take_message(std::string_view& bytes);

}  // namespace mucbridge::bench
