#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/config.hpp"
#include "core/pace.hpp"
#include "core/result.hpp"
#include "core/route.hpp"
#include "core/time.hpp"
#include "gateway/seldom.hpp"

namespace mucbridge {

/// What of a peer's address is counted together: an IPv4 address, an IPv6 /64, since that is what one household has.
struct PeerNet {
    std::uint64_t number = 0;
    bool is_loopback = false;
    /// "127.0.0.1:43210", "[2001:db8::1]:43210".
    static PeerNet parse(std::string_view peer);
};

/// Who is let in through the listeners: so many at once, so many of one address, so many that have yet to log in. One
/// for all loops, asked when a connection comes, has logged in and goes.
class Admission {
public:
    /// What a connection holds as long as it is open.
    struct Place {
        std::uint64_t net = 0;
        std::uint64_t arrival = 0;  // 0: it was not counted
    };
    struct Counts {
        std::uint64_t refused_connections = 0, closed_unauthenticated = 0, delayed_handshakes = 0;
    };

    explicit Admission(const LimitsConfig& limits) : limits_(limits) {}

    /// A place, or why there is none, with the limit's name.
    Result<Place> admit(const std::string& peer, Now now);
    /// It has a session, which has yet to log in. Beyond the limit the one that has waited longest is to be put out.
    std::optional<Route> await_login(const Place& place, const Route& route, Now now);
    void on_login(const Place& place);
    void leave(const Place& place);
    /// This peer asks for a TLS handshake: when it may begin. Beyond limits/handshakes_per_second of its net that is
    /// later, or, where it would come too late for the login, never.
    Tick reserve_handshake(const std::string& peer, Now now);

    /// What those are told who are put out.
    std::string why_put_out() const;
    Counts counts() const;
    /// For their handshakes' pace.
    std::size_t nets_remembered() const;

private:
    std::size_t most_of(const PeerNet& net) const;
    void sweep_handshakes(Tick now);
    Error refuse(const std::string& peer, const std::string& why, Seldom& told, Now now);

    const LimitsConfig limits_;
    mutable std::mutex mutex_;  // guards all below
    std::size_t open_ = 0;
    std::map<std::uint64_t, std::size_t> open_of_;      // by net
    std::map<std::uint64_t, Route> waiting_for_login_;  // by arrival: the oldest first
    std::map<std::uint64_t, Pace> handshakes_of_;       // by net; those that are paid for go when it grows
    std::size_t handshakes_swept_at_ = 1024;
    std::uint64_t arrivals_ = 0;
    Counts counts_;
    Seldom told_all_, told_net_, told_put_out_;
};

}  // namespace mucbridge
