#include "gateway/admission.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace mucbridge {

namespace {

constexpr std::size_t usual_of_one_address = 256;
constexpr std::size_t usual_handshakes = 20;  // a second

/// 0000::/8 is nobody's (RFC 4291 §2.4), so an IPv4 address has a number of its own there.
PeerNet to_net(const boost::asio::ip::address_v4& address) {
    return {std::uint64_t{1} << 32U | address.to_uint(), address.is_loopback()};
}

PeerNet to_net(const boost::asio::ip::address_v6& address) {
    if (address.is_v4_mapped())
        return to_net(boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address));
    const auto bytes = address.to_bytes();
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 8; ++i)
        number = number << 8U | bytes.at(i);
    return {number, address.is_loopback()};
}

}  // namespace

PeerNet PeerNet::parse(std::string_view peer) {
    auto host = peer.substr(0, peer.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(host, error);
    if (error)
        return {};
    return address.is_v4() ? to_net(address.to_v4()) : to_net(address.to_v6());
}

std::size_t Admission::most_of(const PeerNet& net) const {
    const auto most = limits_.connections_per_address.value_or(net.is_loopback ? 0 : usual_of_one_address);
    return most == 0 ? limits_.connections : most;
}

Result<Admission::Place> Admission::admit(const std::string& peer, Now now) {
    const PeerNet net = PeerNet::parse(peer);
    const std::lock_guard lock(mutex_);
    if (open_ >= limits_.connections)
        return refuse(peer, "no more than " + std::to_string(limits_.connections) + " connections (limits/connections)",
                      told_all_, now);
    const auto found = open_of_.try_emplace(net.number, 0).first;
    if (const auto most = most_of(net); found->second >= most)
        return refuse(
            peer,
            "no more than " + std::to_string(most) + " connections from one address (limits/connections_per_address)",
            told_net_, now);
    ++found->second;
    ++open_;
    return Place{net.number, ++arrivals_};
}

Error Admission::refuse(const std::string& peer, const std::string& why, Seldom& told, Now now) {
    ++counts_.refused_connections;
    if (const auto count = told.count(now.tick))
        spdlog::warn("connections refused: {}, the last one from {}: {}", *count, peer, why);
    return Error{why};
}

std::optional<Route> Admission::await_login(const Place& place, const Route& route, Now now) {
    const std::lock_guard lock(mutex_);
    waiting_for_login_.emplace(place.arrival, route);
    if (waiting_for_login_.size() <= limits_.unauthenticated)
        return std::nullopt;
    const Route oldest = waiting_for_login_.begin()->second;
    waiting_for_login_.erase(waiting_for_login_.begin());
    ++counts_.closed_unauthenticated;
    if (const auto count = told_put_out_.count(now.tick))
        spdlog::warn("connections closed: {}: {}", *count, why_put_out());
    return oldest;
}

std::string Admission::why_put_out() const {
    return "more than " + std::to_string(limits_.unauthenticated) +
           " connections are not logged in, and this is the oldest of them (limits/unauthenticated)";
}

void Admission::on_login(const Place& place) {
    const std::lock_guard lock(mutex_);
    waiting_for_login_.erase(place.arrival);
}

void Admission::leave(const Place& place) {
    if (place.arrival == 0)
        return;
    const std::lock_guard lock(mutex_);
    waiting_for_login_.erase(place.arrival);
    --open_;
    const auto found = open_of_.find(place.net);
    if (--found->second == 0)
        open_of_.erase(found);
}

Tick Admission::reserve_handshake(const std::string& peer, Now now) {
    const PeerNet net = PeerNet::parse(peer);
    const auto rate = limits_.handshakes_per_second.value_or(net.is_loopback ? 0 : usual_handshakes);
    const std::lock_guard lock(mutex_);
    sweep_handshakes(now.tick);
    Pace& pace = handshakes_of_[net.number];
    // Nor does a net owe more than that, so that it is served again soon after a flood.
    const bool is_too_late = pace.ready_at() > now.tick + limits_.unauthenticated_time;
    if (!is_too_late)
        pace.take(1, rate, now.tick);
    if (pace.ready_at() > now.tick)
        ++counts_.delayed_handshakes;
    return is_too_late ? Tick::max() : pace.ready_at();
}

/// Whoever owes nothing, and did not for a while, is as good as unknown.
void Admission::sweep_handshakes(Tick now) {
    if (handshakes_of_.size() < handshakes_swept_at_)
        return;
    std::erase_if(handshakes_of_,
                  [&](const auto& each) { return each.second.ready_at() + std::chrono::seconds(1) <= now; });
    handshakes_swept_at_ = std::max<std::size_t>(1024, handshakes_of_.size() * 2);
}

std::size_t Admission::nets_remembered() const {
    const std::lock_guard lock(mutex_);
    return handshakes_of_.size();
}

Admission::Counts Admission::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

}  // namespace mucbridge
