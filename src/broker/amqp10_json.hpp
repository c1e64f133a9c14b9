#pragma once

#include <proton/value.hpp>
#include <string>

namespace mucbridge {

/// An AMQP value as JSON: maps, lists and arrays, 32 of them deep at most, numbers, truth values, text; bytes that are
/// no UTF-8 in base 16. What JSON does not know is text, as Proton writes it.
std::string to_json_text(const proton::value& value);

}  // namespace mucbridge
