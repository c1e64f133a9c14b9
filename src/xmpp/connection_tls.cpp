#include <spdlog/spdlog.h>

#include "xmpp/connection_impl.hpp"

namespace mucbridge {

/// The handshake is a peer's to ask for and costs us more than it: it begins when the house has time for it.
void Connection::Impl::begin_tls() {
    is_shaking_hands = true;
    const Tick when = upgrade && upgrade->reserve ? upgrade->reserve() : now().tick;
    if (when <= now().tick)
        return start_tls();
    shakes_hands_at = when;
    schedule_tick();
}

void Connection::Impl::start_tls() {
    shakes_hands_at.reset();
    if (!upgrade || !upgrade->offer.context || !wire.start_tls(*upgrade->offer.context))
        return fail("no TLS to be had");
    shake_hands();
}

void Connection::Impl::shake_hands() {
    turn_end.note_work();
    const auto step = wire.shake_hands();
    switch (step.state) {
        case Wire::State::done:
            return on_encrypted();
        case Wire::State::wants_read:
            return when_ready(Readiness::wait_read, &Impl::shake_hands);
        case Wire::State::wants_write:
            return when_ready(Readiness::wait_write, &Impl::shake_hands);
        case Wire::State::closed:
        case Wire::State::failed:
            // Whoever scans the net for ports ends here.
            spdlog::debug("no TLS with {}: {}", session->peer(), step.why);
            return fail("no TLS: " + step.why);
    }
}

void Connection::Impl::on_encrypted() {
    is_shaking_hands = false;
    upgrade.reset();
    session->on_encrypted(wire.channel());
    wait_readable();
    wake();
}

void Connection::offer_tls(const TlsOffer& offer, ReserveHandshake reserve) {
    if (offer.context)
        impl_->upgrade = std::make_unique<Impl::Upgrade>(Impl::Upgrade{offer, std::move(reserve)});
}

}  // namespace mucbridge
