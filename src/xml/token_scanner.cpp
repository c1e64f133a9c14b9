#include "xml/token_scanner.hpp"

#include <algorithm>

namespace mucbridge {

std::size_t TokenScanner::scan(std::string_view bytes, std::size_t seen) {
    std::size_t opening = 0, next_tag = 0;
    for (std::size_t at = seen; at < bytes.size();) {
        if (state_ == State::text) {
            // Kept, since a text of nothing but references would have the same "<" looked for from each of them.
            if (next_tag <= at)
                next_tag = std::min(bytes.find('<', at), bytes.size());
            at = opening = std::min(next_tag, bytes.substr(0, next_tag).find('&', at));
        } else if (state_ == State::quoted) {
            at = std::min(bytes.find(quote_, at), bytes.size());
        } else if (state_ == State::tag) {
            while (at < bytes.size() && bytes[at] != '>' && bytes[at] != '\'' && bytes[at] != '"')
                ++at;
        }
        if (at < bytes.size())
            step(bytes[at++]);
    }
    return is_unfinished() ? opening : bytes.size();
}

void TokenScanner::step(char byte) {
    switch (state_) {
        case State::text:
            state_ = byte == '<' ? State::opened : byte == '&' ? State::reference : State::text;
            break;
        case State::reference:
            // Anything but a name's character ends it; where that is not ";" the parser refuses it.
            if (byte == ';' || byte == '<' || byte == '&' || byte == '\'' || byte == '"' || (byte >= 0 && byte <= ' '))
                state_ = State::text;
            break;
        case State::opened:
            state_ = byte == '!' ? State::declaration : byte == '?' ? State::instruction : State::tag;
            closers_ = 0;
            if (byte == '>')
                state_ = State::text;
            break;
        case State::tag:
            if (byte == '\'' || byte == '"') {
                state_ = State::quoted;
                quote_ = byte;
            } else if (byte == '>') {
                state_ = State::text;
            }
            break;
        case State::quoted:
            if (byte == quote_)
                state_ = State::tag;
            break;
        case State::declaration:
            state_ = byte == '-' ? State::comment : byte == '[' ? State::cdata : State::text;
            closers_ = 0;
            break;
        case State::comment:
            step_until(byte, '-', 2);
            break;
        case State::cdata:
            step_until(byte, ']', 2);
            break;
        case State::instruction:
            step_until(byte, '?', 1);
            break;
    }
}

void TokenScanner::step_until(char byte, char closer, unsigned closers) {
    if (byte == closer)
        closers_ = std::min(closers_ + 1, closers);
    else if (byte == '>' && closers_ == closers)
        state_ = State::text;
    else
        closers_ = 0;
}

}  // namespace mucbridge
