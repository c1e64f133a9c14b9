#pragma once

#include <cstddef>
#include <string_view>

namespace mucbridge {

/// Finds where tags and references end, so that the parser is handed whole ones only: it reads an unfinished one anew
/// for every piece that arrives, and a peer that sends bytes one by one would make that quadratic. It judges nothing.
class TokenScanner {
public:
    /// How much of `bytes` is whole; the rest has begun and not ended, and is to be given again with what follows it.
    /// The first `seen` bytes are such a rest.
    std::size_t scan(std::string_view bytes, std::size_t seen);
    /// Whether nothing has begun that what comes next might end.
    bool is_between_tokens() const { return state_ == State::text; }

private:
    enum class State {
        text,         // also inside of CDATA's brackets, and of what the parser will refuse
        reference,    // "&am"
        opened,       // "<"
        tag,          // "<a b="
        quoted,       // "<a b='"
        declaration,  // "<!"
        comment,      // "<!--"
        cdata,        // "<![CDATA["
        instruction,  // "<?"
    };

    bool is_unfinished() const { return state_ != State::text && state_ != State::cdata; }
    void step(char byte);
    void step_until(char byte, char closer, unsigned closers);

    State state_ = State::text;
    char quote_ = 0;
    unsigned closers_ = 0;  // how many of the characters that precede the closing ">" were just seen
};

}  // namespace mucbridge
