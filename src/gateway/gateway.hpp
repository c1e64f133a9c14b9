#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/result.hpp"

namespace mucbridge {

/// The stages joined: doors, rooms, mapping and brokers, on their loops.
class Gateway {
public:
    /// Opens the state directory, the mapping, the listeners and the brokers' adapters; connects to nothing. Errors are
    /// the configuration's
    /// ("/rules/0/topic: ...") or the system's ("xmpp://127.0.0.1:61222: address already in use").
    static Result<std::unique_ptr<Gateway>> make(Config config);
    ~Gateway();

    /// Starts the loops' threads, connects, accepts. Returns at once.
    void start();
    /// From any thread: everybody out (332), streams closed with system-shutdown, lines in flight given up to
    /// `patience`. Returns when it is done.
    void stop(std::chrono::milliseconds patience);

    /// From any thread: reads the TLS files anew, for handshakes from now on; sessions go on as they are. Errors are
    /// the configuration's ("/tls/certificate: ..."): then the former certificate stays.
    Result<void> reload_certificates();

    /// The listen URLs with the ports that were really taken.
    std::vector<std::string> listening() const;
    /// One JSON object: {"ready": bool, "version": "...", "uptime_seconds": n, "listen": ["xmpp://..."], "domain":
    /// "...", "rooms_domain": "...",
    ///  "sessions": n, "rooms": n, "occupants": n,
    ///  "components": [{"domain": "...", "server": "xmpp://...", "state": "up|connecting", "reason": "...",
    ///  "sessions": n}],
    ///  "brokers": {"main": {"state": "up|connecting|down", "protocol": "MQTT 5", "endpoint": "mqtt://127.0.0.1:1883",
    ///  "reason": "...",
    ///                       "in_flight": n, "waiting": n}},
    ///  "lines": {"published": n, "refused": n, "said": n, "foreign": n, "duplicates": n, "mirrored": n,
    ///  "not_mirrored": n, "not_echoed": n, "not_confirmed": n},
    ///  "limits": {"refused_connections": n, "closed_unauthenticated": n, "refused_logins": n, "delayed_handshakes": n,
    ///  "paused_reads": n}}
    /// Ready: listening, and every broker and component is up. Callable from any thread but a loop's.
    std::string status();

private:
    struct Impl;
    explicit Gateway(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace mucbridge
