#pragma once

#include <string>
#include <string_view>

#include "store/journal.hpp"

namespace mucbridge {

/// As it is in the file: the length and the CRC-32 of what follows, then the fields, little-endian, strings with their
/// length before them.
std::string write_journal_entry(const std::string& broker, const Delivery& delivery);

/// Takes the first entry off `bytes`. Errors: it is torn, or damaged.
Result<Journal::Entry> read_journal_entry(std::string_view& bytes);

}  // namespace mucbridge
