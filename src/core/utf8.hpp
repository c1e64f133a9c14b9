#pragma once

#include <string>
#include <string_view>

namespace mucbridge {

/// Well-formed UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

/// Whether XML 1.0 allows every character (§2.2 Char): UTF-8, no control characters but tab, LF and CR, no U+FFFE,
/// U+FFFF.
bool is_xml_text(std::string_view bytes);

/// The same text with each character that XML forbids replaced by U+FFFD. Wants UTF-8.
std::string to_xml_text(std::string_view utf8);

/// At most `limit` bytes, cut between characters. Wants UTF-8.
std::string_view cut_utf8(std::string_view utf8, std::size_t limit);

/// How many characters (code points). Wants UTF-8.
std::size_t count_characters(std::string_view utf8);

/// For one log line: control characters, line ends and bidirectional overrides are written as \xNN or \u{NNNN}.
std::string to_log_text(std::string_view bytes);

}  // namespace mucbridge
