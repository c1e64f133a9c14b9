#pragma once

#include <string>

#include "core/heard.hpp"
#include "muc/line_table.hpp"

namespace mucbridge {

/// The line's own text, or (the mapper cut it) the beginning of it.
inline bool is_text_of(const Heard& heard, const OwnLine& line) {
    const std::string& body = *line.line.body;
    return heard.cut ? body.starts_with(heard.body) : heard.body == body;
}

/// What is shown of it.
inline std::string body_of(const Heard& heard) {
    return heard.cut ? heard.body + "\n… (cut: the message was longer than a line may be)" : heard.body;
}

/// Where it was published: one address may be there on several brokers.
inline std::string place_of(const Heard& heard) {
    return heard.mirror ? heard.address + '\n' + std::to_string(*heard.mirror) : heard.address;
}

}  // namespace mucbridge
