#pragma once

#include <chrono>
#include <string>

#include "broker/url.hpp"
#include "core/config.hpp"

namespace mucbridge {

/// Why no TLS session with the broker is to be had, in words: "certificate verify failed: hostname mismatch",
/// "wrong version number". Empty: there is one. Blocks up to a few times `limit`: for asking after Paho has failed,
/// whose own error callback outlives its context.
std::string why_no_tls(const BrokerUrl& url, const BrokerConfig& config, std::chrono::milliseconds limit);

}  // namespace mucbridge
