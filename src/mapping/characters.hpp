#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mucbridge {

/// Whether brokers take it as a topic, a filter or a property: UTF-8 without control characters and non-characters
/// (MQTT 5 §1.5.4: a receiver may close the connection over these, and mosquitto does), at most 65,535 bytes.
bool is_mqtt_text(std::string_view bytes);

/// A name as errors show it: "a/b", between quotes.
std::string quoted(std::string_view text);

/// Whether a payload is for machines: not UTF-8, or holding control characters that no text has.
bool is_binary(std::string_view payload);

/// Whether it has the shape of a language tag (RFC 5646 §2.1), at most 35 bytes.
bool is_language_tag(std::string_view text);

/// CR LF and CR become LF, as they would in XML that is not escaped (XML 1.0 §2.11).
std::string with_plain_line_ends(std::string text);

/// A nick out of a publisher's wish: prepared, trimmed, cut to so many characters. None where nothing can be seen of
/// it, or it holds controls, line ends or characters that turn the direction of writing.
std::optional<std::string> make_nick(std::string_view wish, std::size_t characters);

}  // namespace mucbridge
