#pragma once

#include <string>

#include "core/config.hpp"

namespace mucbridge {

class Problems;

/// Whether there is TLS where it has to be, with files that can be used: errors; and whether clients will take the
/// certificate: warnings. A `tls` that only says that none is wanted is gone afterwards.
void check_tls(Config& config, Problems& problems);

/// "example.org, rooms.example.org, until 2027-02-01"
std::string describe_certificate(const std::string& file);

/// "ends on 2027-02-01" and the like where that is soon or over, or "".
std::string why_not_lasting(const std::string& certificate_file);

}  // namespace mucbridge
