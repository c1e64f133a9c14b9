#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace mucbridge {

/// Why the host has no address: "no such host: Name or service not known". Empty: it has one. Blocks.
std::string why_unresolved(const std::string& host);

/// Why no TCP connection to host and port is to be had, in words: "connection refused", "no such host: ...". Empty:
/// there is one. Blocks: for asking after a client library has failed without saying why.
std::string why_unreachable(const std::string& host, std::uint16_t port, std::chrono::milliseconds limit);

/// A connected, blocking socket whose reads and writes give up after `limit`; the caller closes it. -1: none.
int open_connection(const std::string& host, std::uint16_t port, std::chrono::milliseconds limit);

/// Whether a listener could be opened there now.
bool is_port_free(std::uint16_t port);

/// A port of the loopback that nobody listens on; 0 when there is none.
std::uint16_t pick_free_port();

}  // namespace mucbridge
